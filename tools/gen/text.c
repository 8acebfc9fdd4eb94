/* text.c - the text that made-up vocabularies are learnt from. */
#include "gen.h"

const char sample_text[] =
    "The warm floor of a house keeps the whole family warm. The stone under the floor is heated by a fire in the "
    "kitchen, and the smoke goes under the rooms and out of the chimney on the other side of the house. In the morning "
    "the children sit on the floor and eat their breakfast, and in the evening the old people tell them stories. There "
    "was once a little girl who wanted to see the sea. She walked for three days and three nights, and when she came to "
    "the sea she said: \"It is larger than I thought!\" Then she went home again, because she was hungry. Turn on the "
    "light in the kitchen, please, and set the heating to 21 degrees. What is the weather like today? It's raining, and "
    "it will be raining tomorrow; don't forget your umbrella. One, two, three, four, five, six, seven, eight, nine, ten. "
    "In 2026 there are 365 days, 52 weeks and 12 months. The quick brown fox jumps over the lazy dog. Waiting for the "
    "train, working in the garden, singing and dancing, reading and writing: these are things that people like doing. "
    "int main(void) { return 0; } for (i = 0; i < n; i++) sum += x[i] * y[i]; "
    "온돌은 방바닥을 데워서 방을 따뜻하게 하는 우리 집의 난방이다. 아궁이에 불을 때면 뜨거운 연기가 방바닥 아래를 지나 "
    "굴뚝으로 나간다. 거실 불을 켜 주세요. 안방 온도를 21도로 맞춰 줘. 오늘 날씨는 어때요? 내일은 비가 올 것 같아요. "
    "옛날 옛적에 바다를 보고 싶어 하는 아이가 있었어요. 아이는 사흘 동안 걸어서 바다에 갔어요. 하나, 둘, 셋, 넷, 다섯. "
    "The sea was blue and the sky was blue, and the house was warm. What do you want? I want to read a story about the "
    "sea, and the story should be long, and there should be a dog in it. The dog should be brown and should like the sea.";
