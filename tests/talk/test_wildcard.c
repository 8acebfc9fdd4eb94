/* test_wildcard.c - wildcards: where they begin and end, ends of words, several of them, lists and
 * numbers after them. */
#include "fixture.h"

#define LISTS                                                                                      \
    "lists: {w: {wildcard: true}, v: {wildcard: true}, n: {range: {from: 0, to: 100}}, c: "        \
    "{values: [red, dark red]}}"

TEST(test_to_the_end)
{
    fixture f = sentences("\"play {w}\"", LISTS);
    SAYS(&f, "play The  Best of X", "I w=\"The Best of X\"");
    SAYS(&f, "play", "UNKNOWN");
    SAYS(&f, "playing x", "UNKNOWN");
    drop(&f);
}

TEST(test_between)
{
    fixture f = sentences("\"play {w} by {v}\", \"add {w} to [my] list\"", LISTS);
    SAYS(&f, "play one by two", "I w=\"one\" v=\"two\"");
    SAYS(&f, "play stand by me by ben", "I w=\"stand\" v=\"me by ben\"");
    SAYS(&f, "play by by by", "I w=\"by\" v=\"by\"");
    SAYS(&f, "play by two", "UNKNOWN");
    SAYS(&f, "play one by", "UNKNOWN");
    SAYS(&f, "add milk and eggs to my list", "I w=\"milk and eggs\"");
    SAYS(&f, "add tickets to list to list", "I w=\"tickets to list\"");
    drop(&f);
}

TEST(test_ends_of_words)
{
    fixture f = sentences("\"buy {w}s now\"", LISTS);
    SAYS(&f, "buy apples now", "I w=\"apple\"");
    drop(&f);
    f = sentences("\"ask {w} it\"", LISTS);
    SAYS(&f, "ask bandit about it", "I w=\"bandit about\"");
    drop(&f);
    f = sentences("\"ask {w}[ now]it\"", LISTS);
    SAYS(&f, "ask bandit", "I w=\"band\"");
    drop(&f);
}

TEST(test_list_after)
{
    fixture f = sentences("\"paint {w} {c}\", \"put {w} in {name}\"", LISTS);
    name_in(&f, "name", "box", NULL);
    SAYS(&f, "paint the wall red", "I w=\"the wall\" c=\"red\"");
    SAYS(&f, "paint it dark red",
         "I w=\"it dark\" c=\"red\""); /* a tie: the first value of the list wins */
    SAYS(&f, "paint red red", "I w=\"red\" c=\"red\"");
    SAYS(&f, "put the box in box", "I w=\"the box\" name=\"box\"");
    drop(&f);
}

TEST(test_number_after)
{
    fixture f = sentences("\"timer {w} {n} minutes\"", LISTS);
    SAYS(&f, "timer big pizza 25 minutes", "I w=\"big pizza\" n=25");
    SAYS(&f, "timer 5 things 25 minutes", "I w=\"5 things\" n=25");
    SAYS(&f, "timer pizza twenty five minutes", "I w=\"pizza\" n=25");
    SAYS(&f, "timer 5 things twenty minutes", "I w=\"5 things\" n=20");
    SAYS(&f, "timer soup and 1/2 minutes", "UNKNOWN");
    SAYS(&f, "timer 25 minutes", "UNKNOWN");
    drop(&f);
}

TEST(test_never_empty)
{
    fixture f = sentences("\"{w}{v}\", \"a {w} {v}\", \"b {w}[ ]c\"", LISTS);
    SAYS(&f, "x y z", "UNKNOWN"); /* of two wildcards side by side the first would be empty */
    SAYS(&f, "a x y", "UNKNOWN");
    SAYS(&f, "b c", "UNKNOWN");
    SAYS(&f, "b x c", "I w=\"x\"");
    drop(&f);
}

TEST(test_fewer_win)
{
    fixture f =
        grammar("language: en\nlists: {w: {wildcard: true}, v: {wildcard: true}}\nintents:\n"
                "  Two: {data: [{sentences: [\"say {w} to {v}\"]}]}\n"
                "  One: {data: [{sentences: [\"say {w}\"]}]}\n"
                "  More: {data: [{sentences: [\"say {w} to him\"]}]}\n");
    SAYS(&f, "say hi to her", "One w=\"hi to her\"");
    SAYS(&f, "say hi to him", "More w=\"hi\"");
    drop(&f);
}

TEST(test_permuted)
{
    fixture f = sentences("\"tell [that] ({w};to {c})\"", LISTS);
    SAYS(&f, "tell that to red we go", "I c=\"red\" w=\"we go\"");
    SAYS(&f, "tell we go to red", "I w=\"we go\" c=\"red\"");
    drop(&f);
    f = sentences("\"b (x {v} ;y {w} ) on\"", LISTS);
    SAYS(&f, "b y foo x bar on", "I w=\"foo\" v=\"bar\"");
    drop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_to_the_end),    cmocka_unit_test(test_between),
        cmocka_unit_test(test_ends_of_words), cmocka_unit_test(test_list_after),
        cmocka_unit_test(test_number_after),  cmocka_unit_test(test_never_empty),
        cmocka_unit_test(test_fewer_win),     cmocka_unit_test(test_permuted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
