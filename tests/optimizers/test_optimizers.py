"""Laws that hold for every optimizer, and what all of them share: one row per part."""

from __future__ import annotations

import copy
import json
import runpy
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pellucid
from pellucid import optimizers, registry
from pellucid.arrays import Flat
from pellucid.constraints import Constraint, NonNeg
from pellucid.errors import InvalidArgument, NotReady, ShapeError, UnknownName, WrongType
from pellucid.layers import Dense, Input, Variable
from pellucid.optimizers import SGD, Adam, Optimizer
from pellucid.optimizers.clipping import clip_by_norm, clip_by_value
from pellucid.optimizers.memory import runs
from pellucid.optimizers.muon import orthogonal
from pellucid.optimizers.nadam import momentum_of, momentum_product
from pellucid.optimizers.schedules import CosineDecay

problem = runpy.run_path(str(Path(__file__).with_name("problem.py")))
ROWS = [
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("RMSprop", {"momentum": 0.5, "centered": True}),
    ("Adagrad", {}),
    ("Adadelta", {}),
    ("Adam", {"amsgrad": True}),
    ("AdamW", {}),
    ("Adamax", {}),
    ("Nadam", {}),
    ("Lion", {}),
    ("Ftrl", {"l1_regularization_strength": 0.01}),
    ("Adafactor", {}),
    ("Lamb", {}),
    ("Muon", {"exclude_layers": ["out"]}),
    ("ScheduleFreeAdamW", {"warmup_steps": 3}),
]
each = pytest.mark.parametrize(("name", "arguments"), ROWS, ids=[name for name, _ in ROWS])
EVERYTHING = {"use_ema": True, "ema_overwrite_frequency": 2, "gradient_accumulation_steps": 3, "clipnorm": 1.0}


def make(name, arguments, **more):
    return getattr(optimizers, name)(**{"learning_rate": 0.05, **arguments, **more})


def weights(dtype="float64"):
    theta = Flat(problem["SHAPES"], dtype)
    for name, w in problem["start"](dtype).items():
        theta[name] = w
    return theta


def gradients(theta):
    grad = theta.like()
    for name, g in problem["gradient"](theta).items():
        grad[name] = g
    return grad


def descend(optimizer, theta, steps, **options):
    for _ in range(steps):
        optimizer.step(theta, gradients(theta), **options)
    return theta.data.copy()


def loss(theta):
    w = dict(theta)
    h = np.tanh(problem["X"] @ w["hidden/kernel"] + w["hidden/bias"])
    a, b = w["valley"]
    error = h @ w["out/kernel"] + w["out/bias"] - problem["Y"]
    return (error**2).mean() + (1 - a) ** 2 + (b - a * a) ** 2


# Laws ------------------------------------------------------------------------------------------------------------


@each
def test_it_goes_downhill(name, arguments):
    theta = weights()
    before = loss(theta)
    descend(make(name, arguments, learning_rate=1.0 if name == "Adadelta" else 0.02), theta, 60)
    assert loss(theta) < before * (0.97 if name == "Adadelta" else 0.9)


@each
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_rule_is_pure_and_keeps_the_dtype(name, arguments, dtype):
    optimizer = make(name, arguments)
    w, g = np.array([[0.5, -0.25], [1.0, 2.0]], dtype), np.array([[0.5, 1.0], [-2.0, 0.25]], dtype)
    s = optimizer.slots_of("w", w)
    before = [w.copy(), g.copy(), *(v.copy() for v in s.values())]
    w_next, s_next = optimizer.update(w, g, s, 0.1, 1)
    for then, now in zip(before, [w, g, *s.values()], strict=True):
        np.testing.assert_array_equal(then, now)
    assert w_next.dtype == dtype
    assert w_next.shape == w.shape
    assert {k: (v.dtype, v.shape) for k, v in s_next.items()} == {k: (v.dtype, v.shape) for k, v in s.items()}
    assert not np.array_equal(w_next, w)


@each
@pytest.mark.parametrize("options", [{}, EVERYTHING], ids=["bare", "everything"])
def test_a_resumed_run_is_the_same_bit_by_bit(name, arguments, options):
    whole, theta = make(name, arguments, **options), weights("float32")
    descend(whole, theta, 7)
    state = whole.state()
    other = Flat(theta.shapes, data=theta.data.copy())
    resumed = make(name, arguments, **options, learning_rate=0.9)
    resumed.build(other)
    resumed.load_state(state)
    np.testing.assert_array_equal(descend(whole, theta, 8), descend(resumed, other, 8))
    for key, value in whole.state().items():
        np.testing.assert_array_equal(value, resumed.state()[key], err_msg=key)


@each
@pytest.mark.parametrize("options", [{}, EVERYTHING], ids=["bare", "everything"])
def test_a_list_of_arrays_fares_as_the_vector_does(name, arguments, options):
    arguments = {key: value for key, value in arguments.items() if key != "exclude_layers"}  # a list has no names
    theta, arrays = weights(), list(problem["start"]("float64").values())
    one, other = make(name, arguments, **options), make(name, arguments, **options)
    for _ in range(6):
        one.step(theta, gradients(theta))
        other.apply([g.copy() for g in gradients(dict_flat(arrays)).values()], arrays)
    for mine, w in zip(arrays, theta.values(), strict=True):
        np.testing.assert_array_equal(mine, w)
    assert one.iterations == other.iterations


def dict_flat(arrays):
    theta = weights()
    for name, w in zip(theta, arrays, strict=True):
        theta[name] = w
    return theta


@each
def test_frozen_parameters_stay_and_do_not_sway_the_others(name, arguments):
    kept = ["hidden/bias", "out/kernel", "valley"]  # not neighbours
    theta = weights()
    grad = gradients(theta)
    small = Flat({n: theta.shapes[n] for n in kept}, "float64")
    small_grad = small.like()
    for n in kept:
        small[n], small_grad[n] = theta[n], grad[n]
    options = {"global_clipnorm": 0.3, "use_ema": True, "ema_overwrite_frequency": 2}
    one, other = make(name, arguments, **options), make(name, arguments, **options)
    start = theta.data.copy()
    for _ in range(4):
        one.step(theta, grad, kept[::-1])
        other.step(small, small_grad)
    for n in theta:
        if n in kept:
            np.testing.assert_allclose(theta[n], small[n], rtol=1e-13)
        else:
            np.testing.assert_array_equal(theta.data[theta.slices[n]], start[theta.slices[n]])
    one.finalize(theta)
    np.testing.assert_array_equal(theta["hidden/kernel"].ravel(), start[theta.slices["hidden/kernel"]])
    mine, theirs = one.to_save(theta, kept), other.to_save(small)
    assert [(n, v.shape) for n, v in mine] == [(n, v.shape) for n, v in theirs]


@each
def test_gradients_of_zero_and_huge_ones_raise_no_warning(name, arguments):
    optimizer, theta = make(name, arguments), weights("float32")
    zero = theta.like()
    zero["hidden/kernel"][0] = 1.0  # one row of a matrix, the others dead
    for _ in range(3):
        optimizer.step(theta, zero)
    assert np.isfinite(theta.data).all()
    huge = theta.like()
    huge.data[:] = 3e38
    optimizer.step(theta, huge)


@each
def test_a_learning_rate_of_zero_moves_nothing(name, arguments):
    theta = weights()
    start = theta.data.copy()
    np.testing.assert_allclose(descend(make(name, arguments, learning_rate=0.0), theta, 3), start, rtol=1e-14)


@each
def test_the_gradient_is_left_as_it_was(name, arguments):
    optimizer, theta = make(name, arguments, clipnorm=0.01, loss_scale_factor=4.0), weights()
    grad = gradients(theta)
    before = grad.data.copy()
    optimizer.step(theta, grad)
    np.testing.assert_array_equal(grad.data, before)


@each
def test_config_and_words(name, arguments):
    optimizer = make(name, arguments, clipvalue=0.5, learning_rate=CosineDecay(0.1, 10))
    saved = json.loads(json.dumps(optimizers.serialize(optimizer)))
    again = optimizers.deserialize(saved)
    assert type(again) is type(optimizer)
    assert again.get_config() == optimizer.get_config()
    assert saved["config"]["learning_rate"]["class_name"] == "CosineDecay"
    for word in (name, name.lower(), registry.snake(name)):
        assert type(optimizers.get(word)) is type(optimizer)


@each
def test_variables_go_back_where_they_came_from(name, arguments):
    theta, trainable = weights("float32"), ["hidden/kernel", "out/bias"]
    one = make(name, arguments, **EVERYTHING)
    descend(one, theta, 4, trainable=trainable)
    saved = one.to_save(theta, trainable)
    other = make(name, arguments, **EVERYTHING)
    other.load_saved(theta, saved, trainable)
    for (label, mine), (_, theirs) in zip(other.to_save(theta, trainable), saved, strict=True):
        np.testing.assert_array_equal(mine, theirs, err_msg=label)
    assert other.learning_rate == 0.05  # not what float32 makes of it


# What all share --------------------------------------------------------------------------------------------------


class Box(Constraint):
    """Not above 0.5."""

    def __call__(self, w):
        return np.minimum(w, 0.5)


def test_constraints_come_last():
    theta = weights()
    optimizer = SGD(0.1, use_ema=True)
    optimizer.step(theta, gradients(theta), constraints={"valley": Box()})
    assert theta["valley"].max() <= 0.5
    assert theta["hidden/kernel"].max() > 0.5
    assert optimizer.memory.average["valley"].max() > 0.5  # as in Keras, the average is taken before


def test_weight_decay_spares_names_and_arrays():
    w = [np.ones(2), np.ones(2), np.ones(2)]
    optimizer = SGD(0.1, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_list=[w[2]], var_names=["1"])
    optimizer.apply([np.zeros(2)] * 3, w)
    np.testing.assert_allclose(w, [[0.95, 0.95], [1, 1], [1, 1]])
    with pytest.raises(NotReady, match="before the first step"):
        optimizer.exclude_from_weight_decay(var_names=["bias"])
    theta = weights()
    optimizer = SGD(0.1, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias", "valley"])
    before = theta.data.copy()
    optimizer.step(theta, theta.like())
    for name, where in theta.slices.items():
        np.testing.assert_allclose(theta.data[where], before[where] * (0.95 if "kernel" in name else 1))


def test_accumulation_is_the_mean_gradient():
    theta, other = weights(), weights()
    optimizer, whole = Adam(gradient_accumulation_steps=2), Adam()
    a, b, mean = theta.like(), theta.like(), theta.like()
    a.data[:], b.data[:], mean.data[:] = 1.0, 3.0, 2.0
    optimizer.step(theta, a)
    np.testing.assert_array_equal(theta.data, other.data)
    assert (optimizer.steps_taken, optimizer.iterations) == (1, 0)
    optimizer.step(theta, b)
    whole.step(other, mean)
    np.testing.assert_array_equal(theta.data, other.data)
    assert (optimizer.steps_taken, optimizer.iterations) == (2, 1)


def test_the_average_takes_the_weights_place_at_the_end():
    theta = Flat({"w": (1,)}, "float64")
    optimizer, grad = SGD(1.0, use_ema=True, ema_momentum=0.5), theta.like()
    grad.data[:] = -1.0
    for _ in range(3):
        optimizer.step(theta, grad)  # 1, 2, 3
    optimizer.finalize(theta)
    assert theta["w"] == [0.5 * (0.5 * 1 + 0.5 * 2) + 0.5 * 3]


def test_learning_rate_can_be_set():
    optimizer = Adam(0.1)
    optimizer.learning_rate = 1e-4
    assert optimizer.learning_rate == 1e-4
    assert optimizer.get_config()["learning_rate"] == 1e-4
    optimizer.learning_rate = np.float32(0.5)
    assert type(optimizer._learning_rate) is float
    optimizer.learning_rate = np.array(0.25)
    assert optimizer.learning_rate == 0.25
    with pytest.raises(InvalidArgument):
        optimizer.learning_rate = -1.0
    optimizer.learning_rate = CosineDecay(0.1, 2)
    assert optimizer.learning_rate == 0.1
    w = [np.zeros(1)]
    optimizer.apply([np.ones(1)], w)
    assert optimizer.learning_rate == pytest.approx(0.05)
    with pytest.raises(TypeError, match="a schedule, since it was made with one"):
        optimizer.learning_rate = 0.1
    assert "learning_rate" not in optimizer.state()


def test_a_schedule_sees_every_step_and_a_rule_only_updates():
    seen = []
    optimizer = SGD(lambda step: seen.append(step) or 0.5, gradient_accumulation_steps=2)
    w = [np.zeros(1)]
    for _ in range(4):
        optimizer.apply([np.ones(1)], w)
    assert seen == [1, 3]
    assert w[0] == [-1.0]


def test_arrays_without_a_gradient_stay():
    w = [np.ones(2), np.ones((2, 1))]
    with pytest.warns(UserWarning, match="no gradient for array 0, which"):
        assert SGD(0.5).apply_gradients([(None, w[0]), (np.ones((2, 1)), w[1])]) == 1
    np.testing.assert_array_equal(w[0], [1, 1])
    np.testing.assert_array_equal(w[1], [[0.5], [0.5]])


@pytest.mark.filterwarnings("ignore:optimizer")
def test_no_gradient_at_all_is_refused_before_anything_changes():
    w = [np.ones(2), np.ones(2)]
    optimizer = SGD(0.5)
    with pytest.raises(InvalidArgument, match="a gradient for at least one array"):
        optimizer.apply_gradients([(None, w[0]), (None, w[1])])
    assert optimizer.steps_taken == 0
    assert not optimizer.built
    np.testing.assert_array_equal(w, [[1, 1], [1, 1]])


def test_a_variables_constraint_holds_after_a_step_by_hand():
    layer = Dense(2, kernel_constraint="non_neg", kernel_initializer="ones", input_shape=(2,))
    layer.build((None, 2))
    by_hand = Variable([1.0], name="v")
    by_hand.constraint = NonNeg()
    SGD(1.0).apply([np.full((2, 2), 5.0), np.full(2, 5.0), np.full(1, 5.0)], [*layer.trainable_weights, by_hand])
    np.testing.assert_array_equal(layer.kernel, np.zeros((2, 2)))
    np.testing.assert_array_equal(layer.bias, [-5, -5])
    np.testing.assert_array_equal(by_hand, [0.0])


def test_a_variable_that_its_gradient_overwrites():
    plain, scale = Variable([1.0], name="plain"), Variable([1.0], name="scale")
    scale.overwrite_with_gradient = True
    optimizer = SGD(0.5, global_clipnorm=1.0, weight_decay=0.1)
    optimizer.apply([np.ones(1), np.full(1, 7.0)], [plain, scale])
    np.testing.assert_array_equal(scale, [7.0])
    np.testing.assert_allclose(plain, [1 - 0.05 - 0.5])
    with pytest.raises(InvalidArgument, match="overwrite_with_gradient"):
        SGD(gradient_accumulation_steps=2).apply([np.ones(1)], [scale])


def test_variables_are_spared_decay_by_their_names_and_known_in_any_order():
    layers = [Dense(2, input_shape=(2,), name="a"), Dense(2, name="b")]
    model = pellucid.Sequential(layers, seed=0)
    optimizer = SGD(0.1, weight_decay=0.5, momentum=0.9)
    optimizer.exclude_from_weight_decay(var_names=["bias", "b/kernel"])
    variables = model.trainable_weights
    model.set_weights([np.ones(v.shape) for v in variables])
    optimizer.apply([np.zeros(v.shape) for v in variables], variables)
    decayed = {v.path: float(v.value.flat[0]) for v in variables}
    assert decayed == pytest.approx({"a/kernel": 0.95, "a/bias": 1, "b/kernel": 1, "b/bias": 1})
    optimizer.apply([np.ones((2, 2))], [variables[2]])  # some of them, and by path: a/kernel has the same shape
    assert np.all(optimizer.memory.of("b/kernel")["momentum"] != 0)
    assert np.all(optimizer.memory.of("a/kernel")["momentum"] == 0)


@pytest.mark.parametrize(("name", "arguments"), ROWS, ids=[name for name, _ in ROWS])
@pytest.mark.parametrize("options", [{}, {"clipnorm": 0.1}, {"global_clipnorm": 0.1}, {"use_ema": True}])
def test_a_step_by_hand_is_a_step_of_fit(name, arguments, options):
    x, y = np.random.default_rng(0).normal(size=(8, 3)), np.random.default_rng(1).normal(size=(8, 2))
    models = []
    for _ in range(2):
        hidden = Dense(4, "tanh", kernel_constraint="max_norm", input_shape=(3,), name="hidden")
        model = pellucid.Sequential([hidden, Dense(2, name="out")], seed=0)
        optimizer = make(name, arguments, **{"weight_decay": 0.1, **options})
        optimizer.exclude_from_weight_decay(var_names=["bias"])
        model.compile(optimizer, "mse", run_eagerly=True)
        models.append(model)
    fitted, by_hand = models
    for _ in range(3):
        fitted.train_on_batch(x, y)
        kept = [v.value for v in by_hand.trainable_weights]
        twin = copy.deepcopy(by_hand)
        twin.train_on_batch(x, y)
        by_hand.set_weights(kept)
        gradients = [twin.gradient[v.path].copy() for v in by_hand.trainable_weights]
        by_hand.optimizer.apply_gradients(zip(gradients, by_hand.trainable_weights, strict=True))
        for mine, theirs in zip(by_hand.get_weights(), fitted.get_weights(), strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_a_custom_loop_goes_on_with_the_slots_of_fit():
    theta = weights()
    one, other = SGD(0.1, momentum=0.9), SGD(0.1, momentum=0.9)
    descend(one, theta, 2)
    twin = weights()
    descend(other, twin, 3)
    one.apply(list(gradients(theta).values()), list(theta.values()))
    np.testing.assert_array_equal(theta.data, twin.data)


def test_a_rule_of_ones_own():
    class Signs(Optimizer):
        """w ← w − lr·sign(g)."""

        def update(self, w, g, s, lr, t):
            return w - lr * np.sign(g), {}

    registry.register_keras_serializable("mine")(Signs)
    w = [np.zeros(2)]
    Signs(0.5).apply([np.array([3.0, -0.1])], w)
    np.testing.assert_array_equal(w[0], [-0.5, 0.5])
    saved = optimizers.serialize(Signs(0.5))
    assert saved["registered_name"] == "mine>Signs"
    assert type(optimizers.deserialize(saved)) is Signs


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=8))
def test_runs_cover_just_the_names_given(parts):
    theta = Flat({str(i): (n,) for i, (n, _) in enumerate(parts)})
    names = [str(i) for i, (_, taken) in enumerate(parts) if taken]
    for run in runs(theta, names):
        theta.data[run] += 1
    for i, (_, taken) in enumerate(parts):
        assert (theta[str(i)] == taken).all()


def test_a_long_vector_is_updated_block_by_block_to_the_same_numbers():
    theta = Flat({"a": (200, 130), "b": (30000,)}, "float32")
    theta.data[:] = np.sin(np.arange(theta.data.size))
    grad = theta.like()
    grad.data[:] = np.cos(np.arange(theta.data.size))
    optimizer = Adam(0.1)
    expected, _ = optimizer.update(theta.data, grad.data, optimizer.slots_at_start(theta.data), 0.1, 1)
    optimizer.step(theta, grad)
    np.testing.assert_array_equal(theta.data, expected)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=6), st.floats(1e-3, 1e3))
def test_clipping_keeps_the_direction_and_bounds_the_length(g, limit):
    g = np.array(g)
    clipped = clip_by_norm(g, limit, [[slice(0, len(g))]])
    norm = np.linalg.norm(g)
    assert np.linalg.norm(clipped) <= limit * (1 + 1e-12)
    np.testing.assert_allclose(clipped, g * min(1, limit / max(norm, 1e-300)), rtol=1e-12, atol=1e-300)
    assert np.abs(clip_by_value(g, limit)).max() <= limit


@pytest.mark.parametrize("shape", [(3, 3), (2, 5), (6, 2)])
def test_orthogonal(shape):
    x = np.sin(np.arange(1.0, 1 + np.prod(shape))).reshape(shape) + np.eye(*shape)
    u = orthogonal(x, 1.5, -0.5, 0.0, 60)
    small = u @ u.T if shape[0] <= shape[1] else u.T @ u
    np.testing.assert_allclose(small, np.eye(len(small)), atol=1e-6)
    a, _, b = np.linalg.svd(x, full_matrices=False)
    np.testing.assert_allclose(u, a @ b, atol=1e-6)


def test_a_centered_variance_that_rounds_below_zero_gives_no_nan():
    slots = {"velocity": np.float32([99.9999]), "average_gradient": np.float32([10.0])}
    w, _ = optimizers.RMSprop(centered=True).update(np.zeros(1, "float32"), np.float32([10.0]), slots, 1e-3, 9)
    assert np.isfinite(w).all()


def test_nadams_product_of_momentums():
    product = np.prod([momentum_of(t, 0.99) for t in range(1, 1501)])
    assert momentum_product(1500, 0.99) == pytest.approx(product, rel=1e-10)


# What is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("SGD", {"learning_rate": -0.1}),
        ("SGD", {"learning_rate": float("nan")}),
        ("SGD", {"learning_rate": "fast"}),
        ("SGD", {"momentum": 1.5}),
        ("SGD", {"clipnorm": 0.0}),
        ("SGD", {"clipvalue": -1.0}),
        ("SGD", {"global_clipnorm": 0}),
        ("SGD", {"clipnorm": 1.0, "clipvalue": 1.0}),
        ("SGD", {"weight_decay": -0.1}),
        ("SGD", {"use_ema": True, "ema_momentum": 1.1}),
        ("SGD", {"use_ema": True, "ema_overwrite_frequency": 0}),
        ("SGD", {"loss_scale_factor": 0.0}),
        ("SGD", {"gradient_accumulation_steps": 1}),
        ("RMSprop", {"rho": 1.0}),
        ("RMSprop", {"epsilon": -1e-7}),
        ("Adagrad", {"initial_accumulator_value": -1.0}),
        ("Adadelta", {"rho": -0.1}),
        ("Adam", {"beta_1": 1.0}),
        ("Adam", {"beta_2": -0.1}),
        ("Adam", {"beta_2": True}),
        ("AdamW", {"weight_decay": None}),
        ("Adamax", {"beta_1": 2.0}),
        ("Nadam", {"beta_2": 1.0}),
        ("Lion", {"beta_1": 0.0}),
        ("Ftrl", {"learning_rate_power": 0.5}),
        ("Ftrl", {"l1_regularization_strength": -1.0}),
        ("Adafactor", {"clip_threshold": 0.0}),
        ("Lamb", {"beta_1": 1.0}),
        ("Muon", {"ns_steps": 0}),
        ("ScheduleFreeAdamW", {"beta_1": 0.0}),
        ("ScheduleFreeAdamW", {"warmup_steps": -1}),
    ],
)
def test_bad_arguments_are_refused(name, arguments):
    with pytest.raises((InvalidArgument, WrongType)) as caught:
        getattr(optimizers, name)(**arguments)
    assert name in str(caught.value)


def test_unknown_words_tell_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'adam'"):
        optimizers.get("adm")
    with pytest.raises(UnknownName, match="learning_rate"):
        SGD.from_config({"learning_rat": 0.1})


def test_a_step_on_other_parameters_is_refused():
    theta = weights()
    optimizer = Adam()
    descend(optimizer, theta, 1)
    other = Flat({"w": (3,)}, "float64")
    with pytest.raises(InvalidArgument, match="Make a new optimizer"):
        optimizer.step(other, other.like())
    with pytest.raises(ShapeError, match="gradients"):
        optimizer.step(theta, other)
    with pytest.raises(UnknownName, match="hidden/bias"):
        optimizer.step(theta, theta.like(), ["hiden/bias"])
    before = optimizer.memory
    optimizer.build(weights())
    assert optimizer.memory is before


@pytest.mark.parametrize(
    ("grads", "variables", "error"),
    [
        ([np.ones(2)], [np.ones(2), np.ones(2)], InvalidArgument),
        ([], [], InvalidArgument),
        ([np.ones(3)], [np.ones(2)], ShapeError),
        ([np.ones(2)], [np.ones(2, int)], WrongType),
        ([np.ones(2)], [[1.0, 2.0]], WrongType),
    ],
)
def test_lists_that_do_not_fit_are_refused(grads, variables, error):
    with pytest.raises(error, match="apply"):
        SGD().apply(grads, variables)


def test_states_that_do_not_fit_change_nothing():
    theta = weights()
    optimizer = Adam()
    descend(optimizer, theta, 2)
    before = optimizer.state()
    with pytest.raises(InvalidArgument, match="load_state"):
        optimizer.load_state({"iterations": np.array(7)})
    with pytest.raises(ShapeError, match="slots/velocity"):
        optimizer.load_state({**before, "iterations": np.array(7), "slots/velocity": np.zeros(3)})
    values = [v for _, v in optimizer.to_save(theta)]
    with pytest.raises(InvalidArgument, match="12 arrays, got 11"):
        optimizer.load_saved(theta, values[:-1])
    with pytest.raises(ShapeError, match="load_saved"):
        optimizer.load_saved(theta, [np.array(9), *values[1:-1], np.zeros(5)])
    for key, value in optimizer.state().items():
        np.testing.assert_array_equal(value, before[key])


def test_an_optimizer_that_has_trained_one_model_is_refused_by_another(tmp_path: Path) -> None:
    """It keeps means of the other's gradients, which would tell this one where to go."""
    x, y = np.ones((4, 2)), np.ones((4, 1))

    def model() -> pellucid.Sequential:
        return pellucid.Sequential([Input((2,)), Dense(1)], seed=0)

    first, second, adam = model(), model(), optimizers.Adam(0.1)
    for one in (first, second):
        one.compile(adam, "mse")
    second.evaluate(x, y, verbose=0)
    first.fit(x, y, verbose=0)
    theta = second.theta.data.copy()
    for train in (second.fit, second.train_on_batch):
        with pytest.raises(InvalidArgument, match="expected an optimizer of its own, got 'adam'"):
            train(x, y)
    np.testing.assert_array_equal(second.theta.data, theta)
    again = pellucid.Model(first.inputs, first.outputs)  # the same layers
    first.compile(adam, "mse")
    again.compile(adam, "mse")
    for one in (first, again, copy.deepcopy(first)):
        one.fit(x, y, verbose=0)
    assert adam.iterations == 3
    first.save(tmp_path / "first.keras")
    loaded = pellucid.models.load_model(tmp_path / "first.keras")
    second.compile(loaded.optimizer, "mse")
    with pytest.raises(InvalidArgument, match="optimizer of its own"):
        second.fit(x, y, verbose=0)
    loaded.fit(x, y, verbose=0)
    second.compile(copy.deepcopy(loaded.optimizer), "mse")  # who copies it means it
    second.fit(x, y, verbose=0)
