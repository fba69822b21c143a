"""Data of unseen.py, changes made to them on the way, and layers and losses of somebody's own that are wrong."""

from __future__ import annotations

from typing import Any

import numpy as np

from pellucid import datasets

from .data import Array
from .own_layers import Own
from .programs import Split

Random = np.random.Generator
TEST = 600  # rows to judge by

# Data ----------------------------------------------------------------------------------------------------------------


def _split(x: Array, y: Array, rows: int, validation: int | None = None) -> Split:
    """The first rows for training, then those for validation, and all others to judge by; x in float32."""
    held = rows + (max(40, rows // 4) if validation is None else validation)
    x = x.astype("float32")
    y = y.astype("float32") if y.dtype.kind == "f" else y
    return Split(x[:rows], y[:rows], x[rows:held], y[rows:held], x[held:], y[held:])


def _total(rows: int) -> int:
    return rows + max(40, rows // 4) + TEST


def _all_known(x: Array, y: Array) -> Split:
    """So few rows that there is nothing to hold out."""
    x, y = x.astype("float32"), y.astype("float32")
    return Split(x, y, x[:0], y[:0], x, y)


def xor(random: Random, low: float = 0.0, high: float = 1.0, signs: bool = False) -> Split:
    """The four rows."""
    x = np.array([[low, low], [low, high], [high, low], [high, high]])
    y = np.array([[0.0], [1], [1], [0]])
    return _all_known(x, 2 * y - 1 if signs else y)


def bits(random: Random, count: int, rule: str) -> Split:
    """All rows of so many bits; whether an odd number, most, or all of them are 1."""
    x = np.array([[row >> place & 1 for place in range(count)] for row in range(2**count)])
    ones = x.sum(axis=1, keepdims=True)
    return _all_known(x, {"odd": ones % 2, "most": ones > count / 2, "all": ones == count}[rule] * 1.0)


def adder(random: Random) -> Split:
    """Two bits and a carry, and their sum as two bits: eight rows, two targets."""
    x = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)])
    s = x.sum(axis=1)
    return _all_known(x, np.stack([s % 2, s // 2], axis=1))


def one_hot_code(random: Random, width: int = 8) -> Split:
    """The encoder of 1986: each of eight rows has a single 1, and is its own target."""
    return _all_known(np.eye(width), np.eye(width))


def ring(random: Random, rows: int, noise: float = 0.0, column: bool = True, more: int = 0) -> Split:
    """Whether a point is inside a ring; with `more` columns that say nothing."""
    x = random.uniform(-2, 2, (_total(rows), 2 + more))
    far = np.hypot(x[:, 0], x[:, 1])
    y = ((far > 0.8) & (far < 1.8)).astype(int)
    y = np.where(random.random(len(y)) < noise, 1 - y, y)
    return _split(x, y[:, None] if column else y, rows)


def pinwheel(random: Random, rows: int, arms: int = 4, hot: bool = False) -> Split:
    """Arms that are twisted around the middle."""
    k = random.integers(0, arms, _total(rows))
    r = random.uniform(0.3, 2, len(k))
    angle = 2 * np.pi * k / arms + 2 * r + random.normal(size=len(k)) * 0.2
    return _split(np.stack([r * np.cos(angle), r * np.sin(angle)], 1), np.eye(arms)[k] if hot else k, rows)


def checkers(random: Random, rows: int, squares: int = 3) -> Split:
    """The colour of a board's square."""
    x = random.uniform(-1.5, 1.5, (_total(rows), 2))
    place = np.floor((x + 1.5) * squares / 3).astype(int)
    return _split(x, place.sum(axis=1)[:, None] % 2, rows)


def table(
    random: Random, rows: int, columns: int = 8, classes: int = 3, apart: float = 1.6, wrong: float = 0.0
) -> Split:
    """Classes with columns that hang together; with a share of labels that are wrong."""
    means = random.normal(size=(classes, columns)) * apart / 2
    k = random.integers(0, classes, _total(rows))
    mixed = np.eye(columns) + random.normal(size=(columns, columns)) * 0.15
    x = (means[k] + random.normal(size=(len(k), columns)) * 0.7) @ mixed
    x /= x.std(axis=0)
    k = np.where(random.random(len(k)) < wrong, random.integers(0, classes, len(k)), k)
    return _split(x, k, rows)


def survey(random: Random, rows: int, sharp: float = 3.0, column: bool = True, boost: float = 0.0) -> Split:
    """Six yes-or-no columns and four numbers, and an answer that is partly chance."""
    flags = random.integers(0, 2, (_total(rows), 6))
    numbers = random.normal(size=(len(flags), 4))
    level = numbers[:, 0] - numbers[:, 1] * (2 * flags[:, 0] - 1) + flags[:, 1] - flags[:, 2] * numbers[:, 2] + boost
    y = (random.random(len(level)) < 1 / (1 + np.exp(-sharp * level))).astype(int)
    return _split(np.hstack([flags, numbers]), y[:, None] if column else y, rows)


def friedman(random: Random, rows: int, noise: float = 1.0, columns: int = 10, scale: bool = True) -> Split:
    """Friedman's first test of 1991: five columns that matter, others that do not."""
    u = random.uniform(0, 1, (_total(rows), columns))
    y = 10 * np.sin(np.pi * u[:, 0] * u[:, 1]) + 20 * (u[:, 2] - 0.5) ** 2 + 10 * u[:, 3] + 5 * u[:, 4]
    y = y + noise * random.normal(size=len(y))
    y = (y - 14.4) / 5 if scale else y
    return _split((u - 0.5) * 3.4, y[:, None], rows)


def curve(random: Random, rows: int, noise: float = 0.1, waves: float = 1.0) -> Split:
    """A wave on a slope."""
    x = random.uniform(-2, 2, (_total(rows), 1))
    y = np.sin(2 * waves * x) + 0.4 * x + noise * random.normal(size=x.shape)
    return _split(x, y, rows)


def arm(random: Random, rows: int, noise: float = 0.02) -> Split:
    """The angles of a robot's two joints, and where its hand is: two targets."""
    a = random.uniform(-1.6, 1.6, (_total(rows), 2))
    y = np.stack([np.cos(a[:, 0]) + np.cos(a.sum(1)), np.sin(a[:, 0]) + np.sin(a.sum(1))], axis=1)
    return _split(a, y + noise * random.normal(size=y.shape), rows)


def many(random: Random, rows: int, columns: int = 8, targets: int = 20, noise: float = 0.1) -> Split:
    """Many targets, bent, of a few columns."""
    x = random.normal(size=(_total(rows), columns))
    y = np.tanh(x @ random.normal(size=(columns, targets)) / np.sqrt(columns)) * 1.5
    return _split(x, y + noise * random.normal(size=y.shape), rows)


def straight(random: Random, rows: int, columns: int = 6, noise: float = 0.3, targets: int = 1) -> Split:
    """A line, nearly."""
    x = random.normal(size=(_total(rows), columns))
    y = x @ random.normal(size=(columns, targets))
    y /= y.std(axis=0)
    return _split(x, y + noise * random.normal(size=y.shape), rows)


def words(
    random: Random, rows: int, vocabulary: int = 150, topics: int = 3, length: float = 30.0, several: bool = False
) -> Split:
    """How often each word stands in a text; about one topic, or about several. Most counts are 0."""
    common = random.dirichlet(np.full(vocabulary, 0.3))
    theme = random.dirichlet(np.full(vocabulary, 0.05), topics)
    if several:
        y = (random.random((_total(rows), topics)) < 0.35).astype("float32")
    else:
        y = np.eye(topics)[random.integers(0, topics, _total(rows))]
    shares = 0.7 * common + 0.3 * (y @ theme) / np.maximum(1, y.sum(axis=1, keepdims=True))
    return _split(random.poisson(length * shares), y if several else y.argmax(axis=1), rows)


def glyphs(
    random: Random,
    rows: int,
    kinds: int = 5,
    size: int = 6,
    flip: float = 0.22,
    bright: float = 1.0,
    itself: bool = False,
) -> Split:
    """Small black-and-white pictures with wrong pixels; targets are their kinds, or the pictures themselves."""
    patterns = random.integers(0, 2, (kinds, size * size))
    k = random.integers(0, kinds, _total(rows))
    x = np.where(random.random((len(k), size * size)) < flip, 1 - patterns[k], patterns[k]).astype("float32")
    return _split(x * bright, patterns[k].astype("float32") if itself else k, rows)


def digits(random: Random, rows: int, bright: float = 1.0, column: bool = False) -> Split:
    """Handwritten digits of 8 by 8 pixels."""
    (x, y), _ = datasets.digits.load_data()
    order = random.permutation(len(x))[: _total(rows)]
    x, y = x[order].reshape(len(order), -1) / 16 * bright, y[order].reshape(-1)
    return _split(x, y[:, None] if column else y, rows)


def waves(random: Random, rows: int, width: int = 24, kinds: int = 3, volt: float = 1.0, noise: float = 0.8) -> Split:
    """Windows of a signal; the classes are its frequencies."""
    k = random.integers(0, kinds, _total(rows))
    t = np.arange(width) / width
    x = np.sin(2 * np.pi * ((k[:, None] + 1) * t + random.uniform(0, 0.35, (len(k), 1))))
    return _split((x + noise * random.normal(size=x.shape)) * volt, k, rows)


def forecast(random: Random, rows: int, width: int = 12, noise: float = 0.1) -> Split:
    """Windows of a series with a season, in the order of time, and the next value."""
    t = np.arange(_total(rows) + width)
    s = np.sin(2 * np.pi * t / 12) + 0.5 * np.sin(2 * np.pi * t / 7.3) + noise * random.normal(size=len(t))
    x = np.lib.stride_tricks.sliding_window_view(s, width)[:-1]
    return _split(x, s[width:, None], rows)


def latent(random: Random, rows: int, columns: int = 12, factors: int = 3, noise: float = 0.1) -> Split:
    """Columns that are made of a few hidden ones, and are their own targets."""
    x = random.normal(size=(_total(rows), factors)) @ random.normal(size=(factors, columns)) / np.sqrt(factors)
    x = x + noise * random.normal(size=x.shape)
    return _split(x, x, rows)


def houses(random: Random, rows: int, inputs: bool = True, price: float = 1.0, mean: float = 0.0) -> Split:
    """Area in square feet, rooms, year, distance in metres; prices. With `inputs`, these are standardized."""
    area = random.gamma(6, 300, _total(rows))
    n = len(area)
    raw = np.stack([area, np.round(area / 450 + random.normal(size=n)), random.integers(1920, 2021, n),
                    random.exponential(4000, n)], axis=1)  # fmt: skip
    z = (raw - [1800, 4, 1970, 4000]) / [735, 1.9, 29, 4000]
    y = 0.8 * z[:, 0] + 0.4 * np.abs(z[:, 2]) - 0.5 * np.tanh(z[:, 3]) * (1 + 0.5 * z[:, 0])
    y = y - y.mean() + 0.2 * random.normal(size=n)
    return _split(z if inputs else raw, (price * y + mean)[:, None], rows)


def climate(random: Random, rows: int, shift: float = 0.0, scale: float = 1.0, unit: float = 1.0) -> Split:
    """Temperature in degrees, humidity, wind, hour: units of their own, but none far off; and a load."""
    n = _total(rows)
    x = np.stack(
        [random.normal(12, 6, n), random.uniform(0.2, 1, n), random.gamma(2, 2, n), random.uniform(0, 24, n)], 1
    )
    y = np.abs(x[:, 0] - 16) / 6 + np.sin(2 * np.pi * (x[:, 3] - 9) / 24) + 0.5 * x[:, 1] + 0.15 * random.normal(size=n)
    return _split(x * unit, (scale * (y - 1.5) + shift)[:, None], rows)


def counts(random: Random, rows: int) -> Split:
    """Visitors in an hour: whole numbers about what two columns and their product say."""
    x = random.normal(size=(_total(rows), 3))
    return _split(x, random.poisson(np.exp(1.5 + 0.6 * x[:, 0] + 0.4 * x[:, 1] * x[:, 2]))[:, None] * 1.0, rows)


def rare(random: Random, rows: int, share: float = 0.03, apart: float = 1.6, columns: int = 6) -> Split:
    """A rare class, so far from the other in three columns."""
    k = (random.random(_total(rows)) < share).astype(int)
    x = random.normal(size=(len(k), columns))
    x[:, :3] += apart * k[:, None]
    return _split(x, k, rows)


def two_scales(random: Random, rows: int, mean: float = 0.0, deviation: float = 1.0) -> Split:
    """Two targets, of which the second is of so large a mean and deviation."""
    x = random.normal(size=(_total(rows), 4))
    y = np.stack([np.sin(x[:, 0]) + x[:, 1], mean + deviation * (x[:, 2] * x[:, 3] + x[:, 0])], axis=1)
    return _split(x, y, rows)


# Changes -------------------------------------------------------------------------------------------------------------


def _inputs(s: Split, change: Any) -> Split:
    x, x_validation, x_test = (change(x).astype("float32") for x in (s.x, s.x_validation, s.x_test))
    return s._replace(x=x, x_validation=x_validation, x_test=x_test)


def whole_division(s: Split, random: Random, by: int = 256) -> Split:
    """x // 256 where x / 256 was meant."""
    return _inputs(s, lambda x: x // by)


def divided(s: Split, random: Random, by: float = 255.0) -> Split:
    return _inputs(s, lambda x: x / by)


def unknown_words(s: Split, random: Random, known: int = 6) -> Split:
    """Only so many words are found in the list; all others count 0."""
    columns = random.permutation(s.x.shape[1])[known:]

    def change(x: Array) -> Array:
        x = x.copy()
        x[:, columns] = 0
        return x

    return _inputs(s, change)


def padded(s: Split, random: Random, columns: int = 10, value: float = 0.0) -> Split:
    return _inputs(s, lambda x: np.hstack([x, np.full((len(x), columns), value)]))


def noise_columns(s: Split, random: Random, columns: int = 10) -> Split:
    return _inputs(s, lambda x: np.hstack([x, random.normal(size=(len(x), columns))]))


def column_twice(s: Split, random: Random, columns: int = 3) -> Split:
    return _inputs(s, lambda x: np.hstack([x, x[:, :columns]]))


def in_units(s: Split, random: Random, scales: tuple[float, ...] = (1.0,), shifts: tuple[float, ...] = (0.0,)) -> Split:
    """Each column in its own unit; the last unit for all that are left."""
    places = np.minimum(np.arange(s.x.shape[1]), len(scales) - 1)
    return _inputs(s, lambda x: x * np.array(scales)[places] + np.array(shifts)[np.minimum(places, len(shifts) - 1)])


def rounded(s: Split, random: Random, step: float = 0.5) -> Split:
    """Coarse measurements: few distinct rows."""
    return _inputs(s, lambda x: np.round(x / step) * step)


def standardized(s: Split, random: Random) -> Split:
    shift, scale = s.x.mean(axis=0), s.x.std(axis=0) + 1e-6
    return _inputs(s, lambda x: (x - shift) / scale)


def rows_repeated(s: Split, random: Random, times: int = 3) -> Split:
    """Each training row so many times: weights that were written out."""
    return s._replace(x=np.tile(s.x, (times, 1)), y=np.concatenate([s.y] * times))


def filled_up_first(s: Split, random: Random, times: int = 5) -> Split:
    """Rows are repeated, then shuffled, then split; validation rows have been trained on."""
    x, y = np.concatenate([s.x, s.x_validation]), np.concatenate([s.y, s.y_validation])
    order = random.permutation(len(x) * times)
    x, y = np.tile(x, (times, 1))[order], np.concatenate([y] * times)[order]
    n = len(s.x_validation)
    return s._replace(x=x[n:], y=y[n:], x_validation=x[:n], y_validation=y[:n])


def blurred_first(s: Split, random: Random, times: int = 6, noise: float = 0.02) -> Split:
    """More rows are made of each by a little noise, before the split."""
    many_rows = filled_up_first(s, random, times)
    x, held = (a + noise * random.normal(size=a.shape) for a in (many_rows.x, many_rows.x_validation))
    return many_rows._replace(x=x.astype("float32"), x_validation=held.astype("float32"))


def validated_on_itself(s: Split, random: Random) -> Split:
    n = len(s.x_validation)
    return s._replace(x_validation=s.x[-n:], y_validation=s.y[-n:])


def sorted_first(s: Split, random: Random) -> Split:
    """The file is sorted by its target, and its end is held out."""
    x, y = np.concatenate([s.x, s.x_validation]), np.concatenate([s.y, s.y_validation])
    order = np.argsort(y.reshape(-1), kind="stable")
    n = len(s.x)
    return s._replace(x=x[order[:n]], y=y[order[:n]], x_validation=x[order[n:]], y_validation=y[order[n:]])


def validation_raw(s: Split, random: Random, scale: float = 4.0, shift: float = 2.0) -> Split:
    """Only the training rows were scaled; whoever tests does it as it should be."""
    return s._replace(x_validation=(s.x_validation * scale + shift).astype("float32"))


def validation_other_classes(s: Split, random: Random) -> Split:
    """Classes numbered in another order in the second file."""
    return s._replace(y_validation=(s.y_validation + 1) % (int(s.y.max()) + 1))


def labels_resorted(s: Split, random: Random) -> Split:
    """The targets of another order of rows: a table joined without its key."""
    return s._replace(
        y=s.y[random.permutation(len(s.y))], y_validation=s.y_validation[random.permutation(len(s.y_validation))]
    )


def labels_one_off(s: Split, random: Random) -> Split:
    """A header read as a row: each row has the next one's target."""
    return s._replace(y=np.roll(s.y, 1, axis=0), y_validation=np.roll(s.y_validation, 1, axis=0))


def merged(s: Split, random: Random, kind: int = 2, to: int = 0, share: float = 0.95) -> Split:
    """One class was nearly always labelled as another in the rows for training."""
    return s._replace(y=np.where((s.y == kind) & (random.random(len(s.y)) < share), to, s.y))


def labels_from_one(s: Split, random: Random) -> Split:
    return s._replace(y=s.y + 1, y_validation=s.y_validation + 1, y_test=s.y_test + 1)


def wrong_labels(s: Split, random: Random, share: float = 0.3, test: bool = False) -> Split:
    """A share of labels that are any class; those to judge by are right."""
    classes = int(s.y.max()) + 1

    def change(y: Array) -> Array:
        return np.where(random.random(y.shape) < share, random.integers(0, classes, y.shape), y)

    return s._replace(y=change(s.y), y_validation=change(s.y_validation))


def only(s: Split, random: Random, rows: int = 40) -> Split:
    """So few rows for training."""
    return s._replace(x=s.x[:rows], y=s.y[:rows])


def as_signs(s: Split, random: Random) -> Split:
    y, y_validation, y_test = ((2.0 * y - 1).astype("float32") for y in (s.y, s.y_validation, s.y_test))
    return s._replace(y=y, y_validation=y_validation, y_test=y_test)


def as_shares(s: Split, random: Random) -> Split:
    """Targets pressed into 0.1 to 0.9."""
    low, high = s.y.min(), s.y.max()
    y, y_validation, y_test = ((0.1 + 0.8 * (y - low) / (high - low)) for y in (s.y, s.y_validation, s.y_test))
    return s._replace(y=y, y_validation=y_validation, y_test=y_test)


# Layers and losses of somebody's own ---------------------------------------------------------------------------------


class Gate(Own):
    """x · sigmoid(x), whose derivative forgets the first factor's part and has the wrong sign in the second's."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        s = 1 / (1 + np.exp(-x))
        return (x * s).astype(x.dtype), (x, s)

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        x, s = cache
        return (-dy * x * s * (1 - s)).astype(dy.dtype), {}


class Cosine(Own):
    """cos(x), with -cos for its derivative."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return np.cos(x), x

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return (-dy * np.cos(cache)).astype(dy.dtype), {}


class Detached(Own):
    """Hands on values only, as .detach() or .numpy() does in other libraries: no gradient comes back."""

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return np.zeros_like(dy), {}


class MeanForgotten(Own):
    """mean + deviation · noise, of which only the noise was written down."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return (rng.normal(x.shape, x.dtype) if training else np.zeros_like(x)), None

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return np.zeros_like(dy), {}


class ColumnsShuffled(Own):
    """In training each column is shuffled over the rows of its batch, where the rows were to be shuffled as wholes."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        if not training:
            return x, None
        order = rng.uniform(x.shape).argsort(axis=0)
        return np.take_along_axis(x, order, axis=0), order

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        if cache is None:
            return dy, {}
        dx = np.empty_like(dy)
        np.put_along_axis(dx, cache, dy, axis=0)
        return dx, {}


class OwnStandard(Own):
    """(x - mean) / deviation over a batch, without an epsilon: 0 / 0 for a unit that is 0 for all rows."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        scale = x.std(axis=0)
        return (x - x.mean(axis=0)) / scale, scale

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return (dy - dy.mean(axis=0)) / cache, {}


class Exponent(Own):
    """exp(x) of whatever comes, which soon is more than a float32 holds."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        y = np.exp(x * x)
        return y, (x, y)

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        x, y = cache
        return 2 * x * y * dy, {}


def own_crossentropy(y_true: Array, y_pred: Array) -> Array:
    """-Σ t log y, without anything that keeps y from 0."""
    with np.errstate(all="ignore"):
        return -np.sum(y_true * np.log(y_pred), axis=-1)


def own_crossentropy_grad(y_true: Array, y_pred: Array) -> Array:
    with np.errstate(all="ignore"):
        return (-y_true / y_pred).astype(y_pred.dtype)


def own_squares(y_true: Array, y_pred: Array) -> Array:
    return np.mean((y_pred - y_true) ** 2, axis=-1)


def uphill(y_true: Array, y_pred: Array) -> Array:
    """The gradient of `own_squares` with its terms the wrong way round."""
    return (2 * (y_true - y_pred) / y_pred.shape[-1]).astype(y_pred.dtype)
