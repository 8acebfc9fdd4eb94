/* test_mix.c - which tensor gets which type. The rows below were read off files that llama.cpp's quantize (release of the npm
 * package node-llama-cpp 3.22.1) made of generated models; the generator's files of every mixture and family agree with it. */
#include "base/cm.h"
#include "file/mix.h"

static const ond_mix_model smollm = {.n_layer = 30, .n_head = 9, .n_head_kv = 3, .tied = true};
static const ond_mix_model qwen3 = {.n_layer = 28, .n_head = 16, .n_head_kv = 8, .tied = true};
static const ond_mix_model wide = {.n_layer = 32, .n_head = 32, .n_head_kv = 8};
static const ond_mix_model eight = {.n_layer = 32, .n_head = 32, .n_head_kv = 8, .n_expert = 8};

static const struct row {
    const char *mix;
    const ond_mix_model *m;
    const char *name;
    uint64_t n_col;
    ond_type want;
} rows[] = {
    /* rows of 576 do not divide by 256: Q4_K → Q5_0, Q6_K → Q8_0 */
    {"q4_k_m", &smollm, "token_embd.weight", 576, OND_Q8_0},
    {"q4_k_m", &smollm, "blk.0.attn_q.weight", 576, OND_Q5_0},
    {"q4_k_m", &smollm, "blk.0.attn_v.weight", 576, OND_Q8_0},
    {"q4_k_m", &smollm, "blk.3.attn_v.weight", 576, OND_Q5_0},
    {"q4_k_m", &smollm, "blk.5.attn_v.weight", 576, OND_Q8_0},
    {"q4_k_m", &smollm, "blk.2.ffn_down.weight", 1536, OND_Q6_K},
    {"q4_k_m", &smollm, "blk.3.ffn_down.weight", 1536, OND_Q4_K},
    {"q4_k_m", &smollm, "blk.26.ffn_down.weight", 1536, OND_Q6_K},
    {"q4_0", &smollm, "token_embd.weight", 576, OND_Q8_0},
    {"q4_0", &smollm, "blk.0.ffn_down.weight", 1536, OND_Q4_0},
    {"q4_0", &qwen3, "token_embd.weight", 1024, OND_Q6_K},
    {"q8_0", &qwen3, "token_embd.weight", 1024, OND_Q8_0},
    {"q4_k_m", &qwen3, "token_embd.weight", 1024, OND_Q6_K},
    {"q4_k_m", &qwen3, "blk.0.attn_k.weight", 1024, OND_Q4_K},
    {"q4_k_m", &wide, "token_embd.weight", 4096, OND_Q4_K},
    {"q4_k_m", &wide, "output.weight", 4096, OND_Q6_K},
    {"q2_k", &wide, "blk.9.attn_v.weight", 4096, OND_Q4_K},
    {"q2_k", &wide, "blk.9.attn_output.weight", 4096, OND_Q3_K},
    {"q3_k_m", &wide, "blk.1.attn_v.weight", 4096, OND_Q5_K},
    {"q3_k_m", &wide, "blk.1.ffn_down.weight", 14336, OND_Q5_K},
    {"q3_k_m", &wide, "blk.2.ffn_down.weight", 14336, OND_Q4_K},
    {"q4_k_s", &wide, "blk.3.attn_v.weight", 4096, OND_Q5_K},
    {"iq4_xs", &wide, "blk.3.ffn_down.weight", 14336, OND_Q5_K},
    {"tq2_0", &wide, "token_embd.weight", 4096, OND_Q4_K},
    {"q4_k_m", &eight, "blk.9.attn_k.weight", 4096, OND_Q8_0},
    {"q4_k_m", &eight, "blk.9.attn_output.weight", 4096, OND_Q5_K},
    {"f16", &wide, "blk.0.attn_q.weight", 4096, OND_F16},
    {"bf16", &wide, "token_embd.weight", 4096, OND_BF16},
    {"iq4_xs", &smollm, "blk.4.attn_q.weight", 576, OND_IQ4_NL},
    {"q4_0", &smollm, "blk.4.attn_q.weight", 20, OND_F16},
    /* never quantised */
    {"q4_0", &wide, "blk.0.attn_norm.weight", 4096, OND_F32},
    {"q4_0", &wide, "blk.0.ffn_gate_inp.weight", 4096, OND_F32},
    {"q4_0", &wide, "position_embd.weight", 4096, OND_F32},
    {"q4_0", &wide, "token_types.weight", 4096, OND_F32},
    {"q4_0", &wide, "blk.0.attn_q.bias", 4096, OND_F32},
};

TEST(each_tensor_gets_its_type)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *r = &rows[i];
        ond_mix mix;
        assert_true(ond_mix_named(r->mix, &mix));
        const uint64_t dim[] = {r->n_col, 64, 1, 1};
        ond_type got = ond_mix_type(mix, r->m, ond_str_of(r->name), 2, dim, OND_F32);
        if (got != r->want)
            fail_msg("%s %s: %s, not %s", r->mix, r->name, ond_type_name(got), ond_type_name(r->want));
    }
}

TEST(experts_and_vectors)
{
    const uint64_t cube[] = {256, 256, 4, 1}, row[] = {256, 1, 1, 1};
    ond_str name = OND_S("blk.0.ffn_up_exps.weight");
    assert_int_equal(ond_mix_type(OND_MIX_MXFP4_MOE, &wide, name, 3, cube, OND_F32), OND_MXFP4);
    assert_int_equal(ond_mix_type(OND_MIX_MXFP4_MOE, &wide, OND_S("blk.0.attn_q.weight"), 2, cube, OND_F32), OND_Q8_0);
    assert_false(ond_mix_takes(OND_S("rope_freqs.weight"), 1, row));
    assert_false(ond_mix_takes(OND_S("odd.weight"), 2, row));
    assert_true(ond_mix_takes(name, 3, cube));
}

TEST(names_and_numbers)
{
    ond_mix mix;
    for (int i = 0; i < ond_mix_count(); i++) {
        assert_true(ond_mix_named(ond_mix_name((uint32_t)ond_mix_at(i)), &mix));
        assert_int_equal(mix, ond_mix_at(i));
        assert_true(ond_mix_known((uint32_t)mix));
        assert_true(ond_type_known((uint32_t)ond_mix_base(mix)));
    }
    assert_true(ond_mix_named("Q4_K_M", &mix));
    assert_int_equal(mix, 15);
    assert_false(ond_mix_named("q4_k_x", &mix));
    assert_false(ond_mix_known(6));
    assert_string_equal(ond_mix_name(6), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_tensor_gets_its_type),
        cmocka_unit_test(experts_and_vectors),
        cmocka_unit_test(names_and_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
