/* color.c - names of colours, and the ways lamps write them: rgb, hue and saturation, xy.
 *
 * Formulas: HSV as in Foley et al.; xyY to linear sRGB with the matrix of IEC 61966-2-1, then its
 * transfer curve. */
#include "sim/color.h"

#include <math.h>
#include <strings.h>

static const ond_color colors[] = {
    {"white", "흰색", {255, 255, 255}},
    {"warm white", "따뜻한 흰색", {255, 214, 170}},
    {"cool white", "차가운 흰색", {212, 235, 255}},
    {"red", "빨간색", {255, 0, 0}},
    {"orange", "주황색", {255, 165, 0}},
    {"yellow", "노란색", {255, 255, 0}},
    {"green", "초록색", {0, 128, 0}},
    {"lime", "연두색", {0, 255, 0}},
    {"blue", "파란색", {0, 0, 255}},
    {"purple", "보라색", {128, 0, 128}},
    {"violet", "제비꽃색", {143, 0, 255}},
    {"magenta", "자홍색", {255, 0, 255}},
    {"pink", "분홍색", {255, 192, 203}},
    {"hot pink", "진분홍색", {255, 105, 180}},
    {"turquoise", "청록색", {64, 224, 208}},
    {"cyan", "하늘빛", {0, 255, 255}},
    {"teal", "암청록색", {0, 128, 120}},
    {"sky blue", "하늘색", {135, 206, 235}},
    {"navy", "남색", {0, 0, 128}},
    {"indigo", "쪽빛", {75, 0, 130}},
    {"lavender", "연보라색", {181, 126, 220}},
    {"brown", "갈색", {165, 42, 42}},
    {"gold", "금색", {255, 215, 0}},
    {"coral", "산호색", {255, 127, 80}},
    {"salmon", "연어색", {250, 128, 114}},
    {"beige", "베이지색", {245, 222, 179}},
    {"olive", "올리브색", {128, 128, 0}},
    {"gray", "회색", {128, 128, 128}},
    {"black", "검은색", {0, 0, 0}},
};
#define N_COLORS (sizeof colors / sizeof colors[0])

const ond_color *ond_colors(size_t *n)
{
    *n = N_COLORS;
    return colors;
}

const ond_color *ond_color_by_name(const char *name)
{
    for (size_t i = 0; i < N_COLORS; i++)
        if (strcasecmp(colors[i].name, name) == 0) return &colors[i];
    return NULL;
}

static void brighten(const double in[3], double out[3])
{
    double most = fmax(in[0], fmax(in[1], in[2]));
    for (int i = 0; i < 3; i++) out[i] = most > 0 ? in[i] * 255 / most : 255;
}

static double distance(const double a[3], const double b[3])
{
    return (a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) +
           (a[2] - b[2]) * (a[2] - b[2]);
}

/* An exact match comes first: several names share a hue and differ only in brightness. */
const ond_color *ond_color_near(const double rgb[3])
{
    double bright[3], best = INFINITY;
    const ond_color *found = &colors[0];
    brighten(rgb, bright);
    for (size_t i = 0; i < N_COLORS; i++) {
        const double own[3] = {colors[i].rgb[0], colors[i].rgb[1], colors[i].rgb[2]};
        double scaled[3];
        brighten(own, scaled);
        double d = distance(own, rgb) < 0.5 ? -1 : distance(scaled, bright);
        if (d < best) {
            best = d;
            found = &colors[i];
        }
    }
    return found;
}

void ond_color_to_hs(const double rgb[3], double hs[2])
{
    double most = fmax(rgb[0], fmax(rgb[1], rgb[2])), least = fmin(rgb[0], fmin(rgb[1], rgb[2]));
    double span = most - least, hue = 0;
    if (span > 0) {
        if (most == rgb[0])
            hue = 60 * fmod((rgb[1] - rgb[2]) / span + 6, 6);
        else if (most == rgb[1])
            hue = 60 * ((rgb[2] - rgb[0]) / span + 2);
        else
            hue = 60 * ((rgb[0] - rgb[1]) / span + 4);
    }
    hs[0] = hue;
    hs[1] = most > 0 ? 100 * span / most : 0;
}

void ond_color_from_hs(const double hs[2], double rgb[3])
{
    double hue = fmod(fmod(hs[0], 360) + 360, 360) / 60, sat = fmin(fmax(hs[1], 0), 100) / 100;
    double low = 255 * (1 - sat), mid = 255 * (1 - sat * fabs(fmod(hue, 2) - 1));
    double rest[6][3] = {{255, mid, low}, {mid, 255, low}, {low, 255, mid},
                         {low, mid, 255}, {mid, low, 255}, {255, low, mid}};
    int part = (int)hue;
    for (int i = 0; i < 3; i++) rgb[i] = rest[part > 5 ? 5 : part][i];
}

void ond_color_to_xy(const double rgb[3], double xy[2])
{
    double v[3];
    for (int i = 0; i < 3; i++) {
        double c = fmin(fmax(rgb[i], 0), 255) / 255;
        v[i] = c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
    }
    double X = 0.4124 * v[0] + 0.3576 * v[1] + 0.1805 * v[2],
           Y = 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2];
    double Z = 0.0193 * v[0] + 0.1192 * v[1] + 0.9505 * v[2], sum = X + Y + Z;
    xy[0] = sum > 0 ? X / sum : 0.3127;
    xy[1] = sum > 0 ? Y / sum : 0.3290;
}

void ond_color_from_xy(const double xy[2], double rgb[3])
{
    double y = xy[1] > 1e-6 ? xy[1] : 1e-6;
    double X = xy[0] / y, Z = (1 - xy[0] - xy[1]) / y;
    double linear[3] = {3.2406 * X - 1.5372 - 0.4986 * Z, -0.9689 * X + 1.8758 + 0.0415 * Z,
                        0.0557 * X - 0.2040 + 1.0570 * Z};
    double most = fmax(linear[0], fmax(linear[1], linear[2]));
    for (int i = 0; i < 3; i++) {
        double v = most > 0 ? fmax(linear[i], 0) / most : 1;
        rgb[i] = 255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * pow(v, 1 / 2.4) - 0.055);
    }
}
