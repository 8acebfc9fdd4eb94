/* select.c - the greatest of many logits, without sorting the rest.
 *
 * The k greatest are held in a heap whose root is the least of them; a block of 16 logits whose
 * maximum does not reach the root is passed over with a few vector instructions. On logits in no
 * particular order about k ln(n / k) enter the heap. Long lists are sorted by radix. A key is a
 * float and a number in 64 bits, so that ordering keys orders the greatest float first, and equal
 * ones by number. */
#include "pick/room.h"

typedef float v4f __attribute__((vector_size(16)));
typedef int32_t v4i __attribute__((vector_size(16)));
enum { BLOCK = 16, HEAP_MOST = 4096 };

static inline v4f max4(v4f a, v4f b)
{
    v4i gt = b > a;
    return (v4f)((gt & (v4i)b) | (~gt & (v4i)a));
}

static float block_max(const float *x)
{
    v4f v[4];
    memcpy(v, x, sizeof v);
    v4f m = max4(max4(v[0], v[1]), max4(v[2], v[3]));
    float a = m[0] > m[1] ? m[0] : m[1], b = m[2] > m[3] ? m[2] : m[3];
    return a > b ? a : b;
}

float ond__max(const float *x, int n, int *at)
{
    float best = x[0];
    int block = 0, i = 0;
    for (; i + BLOCK <= n; i += BLOCK) {
        float m = block_max(x + i);
        if (m > best) best = m, block = i;
    }
    int end = block + BLOCK < n ? block + BLOCK : n;
    for (int j = block; j < end; j++)
        if (x[j] == best) {
            *at = j;
            break;
        }
    if (i == 0) *at = 0;
    for (; i < n; i++)
        if (x[i] > best) best = x[i], *at = i;
    return best;
}

uint64_t ond__key(float x, uint32_t number)
{
    uint32_t u;
    x += 0.0f; /* -0 is 0 */
    memcpy(&u, &x, sizeof u);
    uint32_t ascending = u ^ (u >> 31 ? 0xffffffffu : 0x80000000u);
    return (uint64_t)~ascending << 32 | number;
}

float ond__key_value(uint64_t k)
{
    uint32_t ascending = ~(uint32_t)(k >> 32);
    uint32_t u = ascending ^ (ascending >> 31 ? 0x80000000u : 0xffffffffu);
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

static void sift_down(uint64_t *h, int n, int i)
{
    uint64_t v = h[i];
    for (int c; (c = 2 * i + 1) < n; i = c) {
        if (c + 1 < n && h[c + 1] > h[c]) c++;
        if (h[c] <= v) break;
        h[i] = h[c];
    }
    h[i] = v;
}

/* Four stable passes over the bytes of the float; the numbers are ascending already. */
static void radix_sort(uint64_t *a, int n, uint64_t *spare)
{
    for (int shift = 32; shift < 64; shift += 8) {
        int at[257] = {0};
        for (int i = 0; i < n; i++) at[(a[i] >> shift & 255) + 1]++;
        for (int b = 0; b < 256; b++) at[b + 1] += at[b];
        for (int i = 0; i < n; i++) spare[at[a[i] >> shift & 255]++] = a[i];
        uint64_t *t = a;
        a = spare;
        spare = t;
    }
}

static void by_heap(const float *x, int n, int k, uint64_t *h)
{
    for (int i = 0; i < k; i++) h[i] = ond__key(x[i], (uint32_t)i);
    for (int i = k / 2 - 1; i >= 0; i--) sift_down(h, k, i);
    float least = ond__key_value(h[0]);
    for (int i = k; i < n; i++) {
        if (i + BLOCK <= n && !(block_max(x + i) > least)) {
            i += BLOCK - 1;
            continue;
        }
        for (int end = i + BLOCK < n ? i + BLOCK : n; i < end; i++) {
            if (!(x[i] > least)) continue; /* an equal one has a higher number */
            h[0] = ond__key(x[i], (uint32_t)i);
            sift_down(h, k, 0);
            least = ond__key_value(h[0]);
        }
        i--;
    }
    for (int m = k - 1; m > 0; m--) {
        uint64_t t = h[0];
        h[0] = h[m];
        h[m] = t;
        sift_down(h, m, 0);
    }
}

void ond__select(const float *x, int n, int k, uint64_t *out, uint64_t *spare)
{
    if (k <= HEAP_MOST) {
        by_heap(x, n, k, out);
        return;
    }
    for (int i = 0; i < n; i++) out[i] = ond__key(x[i], (uint32_t)i);
    radix_sort(out, n, spare);
}
