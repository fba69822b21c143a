"""Functions that read the cells of a table."""

from ....tables.cells import MISSING
from ..spelling import string

COLUMNS = r"""
/* Whether two texts are the same but for small and capital letters. */
static int same_word(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if ((*a >= 'A' && *a <= 'Z' ? *a + 32 : *a) != (*b >= 'A' && *b <= 'Z' ? *b + 32 : *b))
            return 0;
    return *a == *b;
}

/* Whether a word is one of n. */
static int among(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (same_word(word, words[i]))
            return 1;
    return 0;
}

/* The place of a word among n; n for none. */
static size_t place_of(const char *word, const char *const *words, size_t n)
{
    size_t i = 0;
    while (i < n && strcmp(word, words[i]) != 0)
        i++;
    return i;
}

/* CRC-32, as zlib has it. */
static uint32_t crc32(const char *text)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (; *text; text++) {
        crc ^= (uint8_t)*text;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
    }
    return ~crc;
}

/* Whether a cell says that nothing is there. */
static int is_missing(const char *word)
{
    static const char *const words[] = {@MISSING@};
    return !word || among(word, words, sizeof words / sizeof *words);
}

/* 1 in the place of a word among n levels, 0 in all others; a word that is none of them in one of the buckets. */
static void category(float *x, const char *word, const char *const *levels, size_t n, size_t buckets)
{
    const size_t known = is_missing(word) ? n + buckets : place_of(word, levels, n);
    const size_t place = known < n || buckets == 0 || is_missing(word) ? known : n + crc32(word) % buckets;
    for (size_t i = 0; i < n + buckets; i++)
        x[i] = i == place ? 1.0f : 0.0f;
}

/* z / sqrt(1 + (z/3)^2) of z = (x - center) / scale: nothing exceeds 3 */
static double squashed(double x, double center, double scale)
{
    double z = (x - center) / scale;
    z = z < -1e6 ? -1e6 : z > 1e6 ? 1e6 : z;
    return z / sqrt(1.0 + z / 3.0 * (z / 3.0));
}

/* The straight line between the two of n knots around x. */
static double interpolated(double x, const double *knots, const double *scores, size_t n)
{
    size_t i = 1;
    if (x <= knots[0] || n == 1)
        return scores[0];
    if (x >= knots[n - 1])
        return scores[n - 1];
    while (x >= knots[i])
        i++;
    return scores[i - 1] + (x - knots[i - 1]) * (scores[i] - scores[i - 1]) / (knots[i] - knots[i - 1]);
}
""".replace("@MISSING@", ", ".join(map(string, sorted(MISSING))))
