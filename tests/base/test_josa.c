/* test_josa.c - the particle after Hangul, numbers, Latin words and signs. */
#include "base/utf8.h"
#include "cm.h"

static void check(const char *word, const char *pair, const char *want)
{
    ond_buf b = {0};
    ond_josa(&b, ond_str_of(word), pair);
    assert_string_equal(ond_buf_z(&b), want);
    ond_buf_free(&b);
}

TEST(hangul)
{
    check("조명", "을/를", "조명을");
    check("가습기", "을/를", "가습기를");
    check("거실", "은/는", "거실은");
    check("스탠드", "이/가", "스탠드가");
    check("커튼", "과/와", "커튼과");
    check("거실", "으로/로", "거실로");
    check("주방", "으로/로", "주방으로");
    check("서재", "으로/로", "서재로");
    check("거실", "이에요/예요", "거실이에요");
    check("서재", "이에요/예요", "서재예요");
    check("철수", "아/야", "철수야");
    check("온돌", "이라/라", "온돌이라");
    check("ㄱ", "을/를", "ㄱ을");
    check("ㄹ", "으로/로", "ㄹ로");
    check("ㅏ", "을/를", "ㅏ를");
    check("\xE1\x84\x80\xE1\x85\xA5\xE1\x84\x89\xE1\x85\xB5\xE1\x86\xAF",
          "을/를", /* 거실, decomposed */
          "\xE1\x84\x80\xE1\x85\xA5\xE1\x84\x89\xE1\x85\xB5\xE1\x86\xAF을");
}

TEST(last_sound_counts)
{
    check("\"거실\"", "을/를", "\"거실\"을");
    check("‘서재’", "을/를", "‘서재’를");
    check("(방)", "은/는", "(방)은");
    check("거실.", "이/가", "거실.이");
    check("조명 ", "을/를", "조명 을");
    check("", "을/를", "를");
    check("...", "을/를", "...를");
    check("방\xFF", "을/를", "방\xFF을");
    check("1\x9F", "을/를", "1\x9F을");
    check("조명", "까지", "조명까지");
}

TEST(numbers)
{
    static const char *const digit[] = {"0을", "1을", "2를", "3을", "4를", "5를", "6을", "7을", "8을", "9를"};
    static const char *const digit_ro[] = {"0으로", "1로",   "2로", "3으로", "4로",
                                           "5로",   "6으로", "7로", "8로",   "9로"};
    for (int i = 0; i < 10; i++) {
        char z[2] = {(char)('0' + i), 0};
        check(z, "을/를", digit[i]);
        check(z, "으로/로", digit_ro[i]);
    }
    check("10", "으로/로", "10으로");
    check("100", "이/가", "100이");
    check("1000", "은/는", "1000은");
    check("1,000", "은/는", "1,000은");
    check("10000", "을/를", "10000을");
    check("100,000,000", "을/를", "100,000,000을");
    check("1000000000000", "을/를", "1000000000000를");   /* 조 */
    check("20", "으로/로", "20으로");
    check("21.5", "으로/로", "21.5로");
    check("21.0", "이/가", "21.0이");
    check("0.10", "이/가", "0.10이");
    check("22", "과/와", "22와");
    check("000", "을/를", "000을");
    check("25%", "으로/로", "25%로");
    check("30%", "이/가", "30%가");
    check("23°", "을/를", "23°를");
    check("23℃", "을/를", "23℃를");
    check("23도", "으로/로", "23도로");
    check("8시 30분", "으로/로", "8시 30분으로");
}

TEST(latin)
{
    check("L", "을/를", "L을");
    check("M", "을/를", "M을");
    check("N", "을/를", "N을");
    check("R", "을/를", "R을");
    check("R", "으로/로", "R로");
    check("TV", "을/를", "TV를");
    check("LED", "은/는", "LED는");
    check("HTML", "으로/로", "HTML로");
    check("A", "이/가", "A가");
    check("Living room", "을/를", "Living room을");
    check("light", "을/를", "light를");
    check("lamp", "을/를", "lamp를");
    check("fan", "을/를", "fan을");
    check("ceiling", "이/가", "ceiling이");
    check("door", "을/를", "door를");
    check("home", "으로/로", "home으로");
    check("table", "으로/로", "table로");
    check("desk", "을/를", "desk를");
    check("robot", "을/를", "robot을");
    check("door lock", "을/를", "door lock을");
    check("wall", "으로/로", "wall로");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hangul),
        cmocka_unit_test(last_sound_counts),
        cmocka_unit_test(numbers),
        cmocka_unit_test(latin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
