"""Functions of one number or two."""

NUMBERS = r"""
/* min(max(x, low), high) */
static float clip(float x, float low, float high) { return x < low ? low : x > high ? high : x; }

/* max(a, b) */
static float larger(float a, float b) { return a > b || a != a ? a : b; }

/* min(a, b) */
static float smaller(float a, float b) { return a < b || a != a ? a : b; }

static float relu(float x) { return x <= 0.0f ? 0.0f : x; }

static float relu_with(float x, float negative_slope, float max_value, float threshold)
{
    if (x <= threshold)
        return negative_slope == 0.0f ? 0.0f : negative_slope * (x - threshold);
    return x > max_value ? max_value : x < 0.0f && max_value < INFINITY ? 0.0f : x;
}

/* relu with a slope left below 0 */
static float leaky_relu(float x, float slope) { return x > 0.0f ? x : slope * x; }

/* max(x, 0) + slope min(x, 0) */
static float prelu(float x, float slope) { return (x <= 0.0f ? 0.0f : x) + slope * (x >= 0.0f ? 0.0f : x); }

static float elu(float x, float alpha) { return x > 0.0f ? x : alpha * expm1f(x); }

static float celu(float x, float alpha) { return x > 0.0f ? x : alpha * expm1f(x / alpha); }

static float selu(float x) { return 1.05070099f * (x > 0.0f ? x : 1.67326324f * expm1f(x)); }

/* 1 / (1 + exp(-x)); no exponential overflows */
static float sigmoid(float x)
{
    const float z = expf(-fabsf(x));
    return (x >= 0.0f ? 1.0f : z) / (1.0f + z);
}

static float silu(float x) { return x * sigmoid(x); }

/* log(1 + exp(x)) */
static float softplus(float x) { return relu(x) + log1pf(expf(-fabsf(x))); }

static float mish(float x) { return x * tanhf(softplus(x)); }

/* x times the standard normal's distribution */
static float gelu(float x) { return x * (0.5f * erfcf(-x * 0.707106781f)); }

static float gelu_tanh(float x)
{
    const float z = clip(x, -30.0f, 30.0f);
    return x * sigmoid(1.59576912f * (z + 0.044715f * z * z * z));
}

static float hard_sigmoid(float x) { return clip(x / 6.0f + 0.5f, 0.0f, 1.0f); }

static float softsign(float x) { return x / (1.0f + fabsf(x)); }

static float squareplus(float x, float b)
{
    const float twice = hypotf(x, sqrtf(b)) + fabsf(x);
    return x < 0.0f ? b / 2.0f / twice : twice / 2.0f;
}

static float sparse_plus(float x)
{
    const float z = clip(x, -1.0f, 1.0f) + 1.0f;
    return x >= 1.0f ? x : z * z / 4.0f;
}

static float hard_shrink(float x, float threshold) { return fabsf(x) <= threshold ? 0.0f : x; }

/* -1, 0 or 1 */
static float sign(float x) { return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x; }

static float soft_shrink(float x, float threshold) { return sign(x) * relu(fabsf(x) - threshold); }

/* x - y floor(x / y), with the sign of y */
static float modulo(float x, float y)
{
    const float rest = fmodf(x, y);
    return rest != 0.0f && (rest < 0.0f) != (y < 0.0f) ? rest + y : rest == 0.0f ? copysignf(0.0f, y) : rest;
}

/* floor(x / y), of the exact quotient */
static float floored(float x, float y)
{
    const float rest = modulo(x, y), quotient = (x - rest) / y, whole = floorf(quotient);
    return y == 0.0f ? x / y : quotient - whole > 0.5f ? whole + 1.0f : whole;
}

/* A place along an axis of n, counted from its end where it is negative; n where there is no such place. */
static size_t place(float i, size_t n)
{
    const float from_start = i < 0.0f ? i + (float)n : i;
    return from_start >= 0.0f && from_start < (float)n ? (size_t)from_start : n;
}
"""
