/* vec_math.h - exp, tanh and erf over the lane layer: within 2 ulp over the whole range, denormals, infinities and NaN as libm.
 *
 * Polynomials are minimax fits (Remez exchange) made for this file; the error named beside each is the fit's own, relative.
 * exp: x = n ln 2 + r, |r| <= ln 2 / 2, with ln 2 in two parts (Cody and Waite) of which the first has 9 bits, so that
 * n ln2_hi is exact with or without a fused multiply. */

ALWAYS vf v_exp(vf x)
{
    x = v_max(v_set1(-104.0f), v_min(v_set1(89.0f), x));    /* beyond: 0 and infinity; NaN passes */
    vf n = v_round(v_mul(x, v_set1(0x1.715476p+0f)));
    vf r = v_fnma(n, v_set1(0x1.63p-1f), x);
    r = v_fnma(n, v_set1(-0x1.bd0106p-13f), r);
    vf p = v_fma(v_set1(0x1.6a2362p-10f), r, v_set1(0x1.123a6ap-7f));    /* 3.1e-9 */
    p = v_fma(p, r, v_set1(0x1.5558f4p-5f));
    p = v_fma(p, r, v_set1(0x1.555490p-3f));
    p = v_fma(p, r, v_set1(0x1.fffffcp-2f));
    p = v_fma(v_mul(r, r), p, r);
    return v_pow2(v_add(p, v_set1(1.0f)), n);
}

/* 2^x for x <= 0, to 2e-7; exactly 0 for -infinity. What attention weighs with. */
ALWAYS vf v_exp2n(vf x)
{
    x = v_max(v_set1((float)POW2N_LOW), x);
    vf n = v_round(x), f = v_sub(x, n);
    vf p = v_fma(v_set1(0x1.5bb92cp-10f), f, v_set1(0x1.3ceb6cp-7f));    /* 9.2e-8 */
    p = v_fma(p, f, v_set1(0x1.c6b75ap-5f));
    p = v_fma(p, f, v_set1(0x1.ebf9bap-3f));
    p = v_fma(p, f, v_set1(0x1.62e42ap-1f));
    return v_pow2n(v_fma(p, f, v_set1(1.0f)), n);
}

ALWAYS vf v_tanh(vf x)
{
    vf t = v_abs(x), s = v_mul(x, x);
    vf p = v_fma(v_set1(-0x1.76ac0ep-8f), s, v_set1(0x1.5256d4p-6f));    /* 4.1e-9 */
    p = v_fma(p, s, v_set1(-0x1.b84448p-5f));
    p = v_fma(p, s, v_set1(0x1.110768p-3f));
    p = v_fma(p, s, v_set1(-0x1.555534p-2f));
    p = v_fma(v_mul(p, s), x, x);
    vf e = v_add(v_exp(v_add(t, t)), v_set1(1.0f));
    vf big = v_sub(v_set1(1.0f), v_div(v_set1(2.0f), e));
    return v_sign(v_sel(v_gt(t, v_set1(0.625f)), big, p), x);
}

/* Below 0.92 an odd polynomial; above, 1 - exp(-q(|x|)) with q a fit of -log erfc. */
ALWAYS vf v_erf(vf x)
{
    vf t = v_min(v_set1(4.0f), v_abs(x)), s = v_mul(x, x);
    vf p = v_fma(v_set1(-0x1.395c8cp-11f), s, v_set1(0x1.4716c4p-8f));    /* 1.7e-8 */
    p = v_fma(p, s, v_set1(-0x1.b686eep-6f));
    p = v_fma(p, s, v_set1(0x1.ce1a46p-4f));
    p = v_fma(p, s, v_set1(-0x1.8126e6p-2f));
    p = v_fma(p, s, v_set1(0x1.06eba6p-3f));
    p = v_fma(p, x, x);
    vf q = v_fma(v_set1(0x1.61eaa6p-16f), t, v_set1(-0x1.c79140p-12f));    /* 5e-11 */
    q = v_fma(q, t, v_set1(0x1.115adap-8f));
    q = v_fma(q, t, v_set1(-0x1.9b8e88p-6f));
    q = v_fma(q, t, v_set1(0x1.bb83eap-4f));
    q = v_fma(q, t, v_set1(0x1.44460cp-1f));
    q = v_fma(q, t, v_set1(0x1.2127e4p+0f));
    q = v_fma(q, t, v_set1(-0x1.6e577ap-13f));
    vf big = v_sub(v_set1(1.0f), v_exp(v_sub(v_set1(0.0f), q)));
    return v_sign(v_sel(v_gt(v_abs(x), v_set1(0.92f)), big, p), x);
}
