"""to_numpy: a script of NumPy alone that predicts what the model predicts and goes on training where it stands.

All the scripts are written and run once, in one new Python that can reach NumPy and nothing else; what each of them
found there is compared with the model. That Python is given the standard library and a folder with a link to NumPy.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from exchange import encodings, unwritten
from exchange.graphs import Linear, every_graph, of_ops
from exchange.networks import CONSTRAINTS, LOSSES, RATES, REGULARIZERS, RULES, Case, every_case
from laws.engines import close
from laws.graphs import JOINING
from pellucid import Model, Sequential, activations, layers, losses, optimizers, regularizers
from pellucid.constraints import Constraint
from pellucid.constraints import constraints as constraint_family
from pellucid.errors import FileError, InvalidArgument, NotReady
from pellucid.exchange.numpy_script import to_numpy
from pellucid.layers import Dense, Input
from pellucid.layers.base import layers as layer_family
from pellucid.losses.base import losses as loss_family
from pellucid.ops import operations
from pellucid.optimizers.base import optimizers as optimizer_family
from pellucid.optimizers.schedules.base import schedules as schedule_family
from pellucid.regularizers import regularizers as regularizer_family

ALONE = """
import contextlib, importlib.util, io, json, sys, traceback, warnings
sys.path.insert(0, sys.argv[1])
import numpy as np
for package in ("pellucid", "numba", "h5py", "pytest", "typer"):
    assert importlib.util.find_spec(package) is None, package
warnings.simplefilter("error")
np.seterr(all="ignore")  # OpenBLAS, in a product with a column, may raise the processor's flags over nothing

def listed(y):
    return y if isinstance(y, list) else [y]

def run(folder):
    spec = importlib.util.spec_from_file_location("network", folder + "/network.py")
    network = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(network)
    with np.load(folder + "/data.npz") as data:
        x, y = ([list(parts) for parts in zip(*(data[n] for n in sorted(data.files) if n[0] == a))] for a in "xy")
        x, y = (a if f"{n}_00" in data.files else [one for one, in a] for n, a in (("x", x), ("y", y)))
    found = {f"before_{i}": part for i, part in enumerate(listed(network.predict(x[0])))}
    found["losses"] = np.array([network.train_step(xs, ys) for xs, ys in zip(x, y)])
    found |= {f"then_{i}": part for i, part in enumerate(listed(network.predict(x[0])))}
    network.save(folder + "/after.npz")
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        network.train(x[0], y[0], epochs=2, batch_size=4)
    assert shown.getvalue().count("\\n") == 2 and shown.getvalue().startswith("Epoch 1/2, loss "), shown.getvalue()
    np.savez(folder + "/found.npz", **found)

for folder in json.loads(sys.stdin.read()):
    try:
        run(folder)
    except Exception:
        with open(folder + "/error.txt", "w") as file:
            file.write(traceback.format_exc())
"""


@dataclass
class Run:
    """A case, where its script lies, and what the script found."""

    case: Case
    folder: Path

    def error(self) -> str:
        file = self.folder / "error.txt"
        return file.read_text() if file.exists() else ""

    def found(self, file: str = "found.npz") -> dict[str, np.ndarray]:
        with np.load(self.folder / file) as data:
            return dict(data)


@pytest.fixture(scope="module")
def numpy_alone(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command of a Python that reaches NumPy and the standard library only."""
    folder = tmp_path_factory.mktemp("numpy_alone")
    for package in (Path(np.__file__).parent, Path(np.__file__).parents[1] / "numpy.libs"):
        if package.exists():
            (folder / package.name).symlink_to(package)
    (folder / "alone.py").write_text(ALONE)
    return [sys.executable, "-I", "-S", "-B", str(folder / "alone.py"), str(folder)]


@pytest.fixture(scope="module")
def runs(numpy_alone: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Every case, its script run."""
    root, made = tmp_path_factory.mktemp("scripts"), {}
    cases = [case for case in (*every_case(), *every_graph()) if not case.model.wiring.masked]  # which is refused
    for i, case in enumerate(cases):
        made[case.name] = Run(case, root / str(i))
        to_numpy(case.model, root / str(i))
        np.savez(root / str(i) / "data.npz", **case.arrays())
    folders = json.dumps([str(run.folder) for run in made.values()])
    done = subprocess.run(numpy_alone, input=folders, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    return made


def test_every_script_predicts_and_trains_as_its_model_does(runs: dict[str, Run], subtests: pytest.Subtests):
    assert len(runs) > 250
    for name, run in runs.items():
        with subtests.test(name):
            compare(run)


def parts(y: Any) -> list[np.ndarray]:
    """The outputs one by one."""
    return list(y.values()) if isinstance(y, dict) else list(y) if isinstance(y, list | tuple) else [y]


def compare(run: Run) -> None:
    assert not run.error(), run.error()
    model, found, x, y = run.case.model, run.found(), run.case.x, run.case.y
    tolerance = 1e-12 if model.dtype == "float64" else 2e-6
    for i, y0 in enumerate(parts(model.predict(x[0], verbose=0))):
        assert found[f"before_{i}"].dtype == y0.dtype
        np.testing.assert_allclose(found[f"before_{i}"], y0, rtol=1e-6, atol=1e-6)
        close("predictions", found[f"before_{i}"], y0, tolerance)
    wanted = [float(np.ravel(model.train_on_batch(*batch))[0]) for batch in zip(x, y, strict=True)]
    np.testing.assert_allclose(found["losses"], wanted, rtol=5e-6, atol=1e-7)
    for i, y1 in enumerate(parts(model.predict(x[0], verbose=0))):
        close("predictions after", found[f"then_{i}"], y1, 5 * tolerance)
    after = run.found("after.npz")
    assert after["steps"] == model.optimizer.steps_taken
    for name in model.trained_names():
        assert after[f"p/{name}"].dtype == model.theta[name].dtype
        close(name, after[f"p/{name}"], model.theta[name], 10 * tolerance)
        for slot, value in model.optimizer.memory.of(name).items():
            close(f"{slot} of {name}", after[f"slots/{name}/{slot}"], value, 10 * tolerance)
    for name in model.state:
        if f"p/{name}" in after and "normalization/mean" not in name:
            close(name, after[f"p/{name}"], model.state[name], 10 * tolerance)
    for what in ("average", "accumulated"):
        flat = getattr(model.optimizer.memory, what)
        for name in model.trained_names() if flat is not None else []:
            close(f"{what} of {name}", after[f"{what}/{name}"], flat[name], 10 * tolerance)


def test_no_part_of_the_library_is_left_out():
    kinds = {type(layer).__name__ for case in [*every_case(), *every_graph()] for _, layer in case.model.leaves()}
    assert kinds >= JOINING
    kinds |= {type(layer).__name__ for make, _ in encodings.CASES.values() for layer in make().layers}
    random = unwritten.RANDOM | {"InputLayer", "Masking"}
    assert (kinds & set(layer_family.parts)) - unwritten.MADE_OF_OTHERS | random == unwritten.WRITTEN["numpy"]
    written = {type(step.layer) for case in of_ops() for step in case.model.wiring.steps}
    along_the_batch = {"Ravel", "Diag", "Outer", "SegmentSum", "SegmentMax", "SegmentProd", "BroadcastTo", "Slice"}
    assert {name for name, made in operations.parts.items() if made not in written} == along_the_batch
    assert {type(loss).__name__ for loss, _ in LOSSES} == {n for n, cls in loss_family.parts.items() if cls.by_rows}
    assert {rule for rule, _ in RULES} == set(optimizer_family.parts) - {"MultiOptimizer"}  # refused: several at once
    assert {type(rate).__name__ for rate in RATES} == set(schedule_family.parts)
    assert {type(r).__name__ for r in REGULARIZERS} == set(regularizer_family.parts)
    assert {type(c).__name__ for c in CONSTRAINTS} == set(constraint_family.parts)


def test_every_script_reads_as_if_written_for_its_network_alone(runs: dict[str, Run], subtests: pytest.Subtests):
    for name, run in runs.items():
        with subtests.test(name):
            text = (run.folder / "network.py").read_text("utf-8")
            assert max(len(line) for line in text.splitlines()) <= 120
            tree = ast.parse(text)
            imported = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
            imported |= {str(n.module) for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
            assert imported <= {"numpy", "math", "sys", "pathlib", "bisect"}
            read = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
            defined = [n.name for n in tree.body if isinstance(n, ast.FunctionDef)]
            assert len(defined) == len(set(defined))
            assert set(defined) - set(read) <= {"save", "train"}, "a function that nobody calls"
            assert not {"self", "isinstance", "getattr"} & set(read)
            assert not [n for n in ast.walk(tree) if isinstance(n, ast.ClassDef | ast.Global)]


def network(*stack: Any, optimizer: Any = "sgd", loss: Any = "mse") -> Sequential:
    model = Sequential([Input((3,)), *stack], seed=1)
    model.compile(optimizer, loss)
    return model


def module(folder: Path) -> Any:
    import importlib.util

    spec = importlib.util.spec_from_file_location(f"network_{folder.name}", folder / "network.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_it_goes_on_where_the_compiled_engine_stands(tmp_path: Path):
    (x, y), (x_test, y_test) = pellucid.datasets.digits.load_data()
    stack = [layers.Rescaling(1 / 16), layers.Flatten(), Dense(32, "relu"), layers.Dropout(0.2), Dense(10, "softmax")]
    model = Sequential([Input((8, 8)), *stack], seed=3)
    model.compile(optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=2, verbose=0)
    script = module(model.to_numpy(tmp_path).parent)
    np.testing.assert_allclose(script.predict(x_test), model.predict(x_test, verbose=0), atol=1e-6)
    for i in range(0, 320, 32):
        wanted = model.train_on_batch(x[i : i + 32], y[i : i + 32], return_dict=True)["loss"]
        assert script.train_step(x[i : i + 32], y[i : i + 32]) == pytest.approx(wanted, rel=1e-5)
    for name in model.theta:
        close(name, script.p[name], model.theta[name], 1e-4)
    before = (script.predict(x_test).argmax(axis=1) == y_test).mean()
    script.train(x, y, epochs=5)
    after = (script.predict(x_test).argmax(axis=1) == y_test).mean()
    assert after > max(before, 0.93)


def test_what_it_saved_is_loaded_again_bit_for_bit(tmp_path: Path):
    r = np.random.default_rng(0)
    x, y = r.normal(size=(20, 3)), r.normal(size=(20, 2))
    model = network(Dense(4, "tanh"), layers.GaussianNoise(0.2), Dense(2), optimizer=optimizers.Adam(use_ema=True))
    script = module(model.to_numpy(tmp_path).parent)
    script.train(x, y, epochs=2)
    script.save()
    again = module(tmp_path)
    assert again.s["steps"] == script.s["steps"] == 2
    assert again.train_step(x, y) == script.train_step(x, y)
    for name in script.p:
        np.testing.assert_array_equal(again.p[name], script.p[name])


def test_writing_changes_nothing_of_the_model(tmp_path: Path):
    model = network(Dense(4, "tanh"), Dense(2), optimizer="adam")
    before = model.theta.data.copy()
    model.to_numpy(tmp_path)
    assert not model.optimizer.built
    np.testing.assert_array_equal(model.theta.data, before)
    model.optimizer.exclude_from_weight_decay(var_names=["bias"])  # only before the first step


def test_a_model_that_is_not_compiled_predicts_only(tmp_path: Path):
    model = Sequential([Input((3,)), Dense(2, "softmax")], seed=1)
    script = module(model.to_numpy(tmp_path).parent)
    x = np.ones((4, 3))
    np.testing.assert_allclose(script.predict(x), model.predict(x, verbose=0), atol=1e-6)
    assert not {"train", "backward", "loss"} & set(dir(script))
    with pytest.raises(ValueError, match=r"x: expected shape \(None, 3\), got \(4, 2\)"):
        script.predict(np.ones((4, 2)))


def test_steps_that_do_not_count_are_made_0(tmp_path: Path):
    """A mask that reaches no loss changes no more than that."""
    x, y = np.random.default_rng(0).normal(size=(6, 4, 3)).astype("float32"), np.ones((6, 2), "float32")
    x[:, 2:] = 0.0
    stack = [Dense(3), layers.Activation("relu"), layers.Masking(), layers.Flatten(), Dense(2)]
    with pytest.warns(UserWarning, match="its input has a mask, which it does not pass on"):
        model = Sequential([Input((4, 3)), *stack], seed=2)
    model.compile("sgd", "mse", run_eagerly=True)
    script = module(model.to_numpy(tmp_path).parent)
    for _ in range(3):
        assert script.train_step(x, y) == pytest.approx(model.train_on_batch(x, y), rel=1e-5)
    np.testing.assert_allclose(script.predict(x), model.predict(x, verbose=0), atol=1e-6)


def test_bad_targets_are_told(tmp_path: Path):
    model = network(Dense(3, "softmax"), loss="sparse_categorical_crossentropy")
    script = module(model.to_numpy(tmp_path).parent)
    before = script.p["dense/kernel"].copy()
    for wrong in ([0, -1], [0, 3]):
        with pytest.raises(ValueError, match="class numbers from 0 to 2"):
            script.train_step(np.ones((2, 3)), wrong)
    with pytest.raises(ValueError, match="a target for each of the 2 samples, got 3"):
        script.train(np.ones((2, 3)), [0, 1, 2])
    np.testing.assert_array_equal(script.p["dense/kernel"], before)


def test_on_the_command_line(tmp_path: Path, numpy_alone: list[str]):
    model = network(Dense(2))
    path = model.to_numpy(tmp_path / "out")
    x = np.random.default_rng(0).normal(size=(5, 3))
    np.savez(tmp_path / "data.npz", x=x)
    np.savez(tmp_path / "wrong.npz", x=x[:, :2])
    start = f"import runpy, sys; sys.path.insert(0, {numpy_alone[-1]!r}); sys.argv = sys.argv[1:]; "
    command = [*numpy_alone[:4], "-c", start + "runpy.run_path(sys.argv[0], run_name='__main__')", str(path)]

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *words], capture_output=True, text=True, cwd=tmp_path, check=False)

    done = run("data.npz")
    assert (done.returncode, done.stderr) == (0, "")
    rows = np.array([[float(v) for v in line.split(",")] for line in done.stdout.splitlines()])
    np.testing.assert_allclose(rows, model.predict(x, verbose=0), rtol=1e-5, atol=1e-6)
    for words, told in (
        ([], "Use: python"), (["--help"], "Use: python"), (["people.csv"], "data.npz, a file with"),
        (["no.npz"], "No such file"), (["wrong.npz"], "expected shape"),
    ):  # fmt: skip
        done = run(*words)
        assert done.returncode == 1
        assert told in done.stderr
        assert "Traceback" not in done.stderr


# What is refused ------------------------------------------------------------------------------------------------------


class Scale(layers.Layer):
    def forward(self, p: Any, x: Any, *, training: bool, rng: Any) -> Any:
        return 2 * x, None

    def backward(self, p: Any, cache: Any, dy: Any) -> Any:
        return 2 * dy, {}


class Louder(Dense):
    def forward(self, p: Any, x: Any, *, training: bool, rng: Any) -> Any:
        y, cache = super().forward(p, x, training=training, rng=rng)
        return 2 * y, cache


class Quartic(regularizers.Regularizer):
    def __call__(self, w: np.ndarray) -> float:
        return float((w**4).sum())

    def grad(self, w: np.ndarray) -> np.ndarray:
        return 4 * w**3


class AtMostOne(Constraint):
    def __call__(self, w: np.ndarray) -> np.ndarray:
        return np.minimum(w, 1)


class Halved(optimizers.SGD):
    def update(self, w: Any, g: Any, s: Any, lr: float, t: int) -> Any:
        return w - lr * g / 2, {}


class OwnStep(Model):
    def __init__(self) -> None:
        super().__init__()
        self.out = Dense(2)

    def call(self, x: Any) -> Any:
        return self.out(x)

    def train_step(self, data: Any) -> Any:
        return super().train_step(data)


class Backwards(Linear):
    def backward(self, p: Any, cache: Any, *dy: Any) -> Any:
        return super().backward(p, cache, *dy)


class Odd(layers.Layer):
    """A layer with a weight whose name is no name."""

    def build(self, input_shape: Any) -> None:
        self.w = self.add_weight((3,), "ones", name="a weight; with marks")

    def call(self, x: Any) -> Any:
        return x * self.w


def sequence(*, compiled: bool) -> Model:
    x = Input((4, 3))
    model = Model(x, layers.BatchNormalization(name="norm")(layers.Masking()(x)))
    if compiled:
        model.compile("sgd", "mse")
    return model


def own_step() -> Model:
    model = OwnStep()
    model.build((None, 3))
    model.compile("sgd", "mse")
    return model


def graph(f: Any, shape: tuple[int, ...] = (3,)) -> Model:
    x = Input(shape)
    model = Model(x, f(x), seed=1)
    model.compile("sgd", "mse")
    return model


square = activations.custom(lambda x: x * x, lambda dy, x, y: dy * 2 * x, name="square")
cubic = losses.custom(lambda t, y: (abs(y - t) ** 3).mean(axis=-1), lambda t, y: 3 * (y - t) ** 2, name="cubic")
REFUSED = [
    (lambda: network(Scale(name="mine")), "layer 'mine'"),
    (lambda: network(Louder(2, name="loud")), "layer 'loud'"),
    (lambda: network(Sequential([Dense(2), Scale(name="deep")], name="inner")), "layer 'inner/deep'"),
    (lambda: network(Dense(2, square)), "layer 'dense', activation.*'square'"),
    (lambda: network(layers.Activation(square)), "layer 'activation', activation.*'square'"),
    (lambda: network(Dense(2), loss=cubic), "loss 'cubic'"),
    (lambda: network(Dense(2, kernel_regularizer=Quartic())), "parameter 'dense/kernel', regularizer.*'Quartic'"),
    (lambda: network(Dense(2, activity_regularizer=Quartic())), "layer 'dense', activity_regularizer.*'Quartic'"),
    (lambda: network(Dense(2, kernel_constraint=AtMostOne())), "parameter 'dense/kernel', constraint.*'AtMostOne'"),
    (lambda: network(Dense(2), optimizer=Halved(0.1)), "optimizer 'halved'"),
    (own_step, "model 'own_step'"),
    (lambda: network(Backwards(2, name="mine")), "model 'mine'"),
    (lambda: graph(lambda x: layers.Dropout(0.5)(Dense(2)(x), training=True)), "layer 'dropout'.*training=True"),
    (lambda: sequence(compiled=True), "model .*a mask, which says which of them count"),
    (lambda: sequence(compiled=False), "layer 'norm'.*no mask is told.*got BatchNormalization, which is told one"),
    (lambda: graph(layers.RandomFlip(name="flip"), (4, 4, 1)), "layer 'flip'.*RandomFlip, which is random in training"),
    (lambda: graph(layers.RandomCrop(2, 2, name="crop"), (4, 4, 1)), "layer 'crop'.*RandomCrop, which is random"),
    (
        lambda: graph(layers.LSTM(2, recurrent_dropout=0.1, name="lstm"), (4, 1)),
        "layer 'lstm'.*recurrent_dropout=0, got 0.1",
    ),
    (lambda: network(Odd(name="mine")), "the name of a weight"),
    (lambda: network(Dense(2), optimizer=optimizers.SGD(lambda step: 0.1 / (step + 1))), "learning rate schedule"),
]


@pytest.mark.parametrize(("make", "told"), REFUSED, ids=[told.replace("'", "") for _, told in REFUSED])
def test_a_part_of_the_users_own_is_refused_by_name(make: Any, told: str, tmp_path: Path):
    with pytest.raises(InvalidArgument, match=f"to_numpy, {told}"):
        make().to_numpy(tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", encodings.CASES)
def test_categories_and_words_predict_the_same(name: str, tmp_path: Path):
    make, xs = encodings.CASES[name]
    x, model = xs if len(xs) > 1 else xs[0], make()
    wanted, y = model.predict(x, verbose=0), module(model.to_numpy(tmp_path).parent).predict(x)
    assert (y.dtype, y.shape) == (wanted.dtype, wanted.shape)
    np.testing.assert_array_equal(y, wanted) if y.dtype == object else np.testing.assert_allclose(y, wanted, rtol=1e-6)


def test_a_hash_is_the_same_of_texts_of_any_length(tmp_path: Path):
    texts = np.array([[encodings.LONG[:n]] for n in (0, 1, 3, 4, 7, 8, 16, 17, 32, 33, 64, 65, 100)], object)
    for i, layer in enumerate((layers.Hashing(1000), layers.Hashing(1000, salt=[1, 2]))):
        model = Model(x := Input((1,), dtype="string"), layer(x))
        script = module(model.to_numpy(tmp_path / str(i)).parent)
        np.testing.assert_array_equal(script.predict(texts), model.predict(texts, verbose=0))


def test_a_network_of_words_trains_the_same(tmp_path: Path):
    x = Input((), dtype="string", name="x")
    places = layers.TextVectorization(vocabulary=["a", "b", "c"], output_sequence_length=3)(x)
    model = Model(x, Dense(2)(layers.Flatten()(layers.Embedding(5, 2)(places))), seed=1)
    model.compile("sgd", "mse", run_eagerly=True)
    texts, y = np.array(["a b!", "C z", ""], object), np.eye(3)[:, :2]
    script = module(model.to_numpy(tmp_path).parent)
    for _ in range(3):
        assert script.train_step(texts, y) == pytest.approx(float(np.ravel(model.train_on_batch(texts, y))[0]))
    np.testing.assert_allclose(script.predict(texts), model.predict(texts, verbose=0), rtol=1e-5, atol=1e-6)


def test_what_a_layer_of_categories_cannot_take_is_refused(tmp_path: Path):
    model = Model(x := Input((2,), dtype="int64"), layers.CategoryEncoding(4)(x))
    with pytest.raises(ValueError, match="category_encoding: expected whole numbers from 0 to 3"):
        module(model.to_numpy(tmp_path / "beyond").parent).predict(np.array([[4, 0]]))
    model = Model(x := Input((), dtype="string"), layers.TextVectorization(
        split=lambda texts: [list(one) for one in texts], vocabulary=["a"], output_sequence_length=2)(x))  # fmt: skip
    with pytest.raises(InvalidArgument, match="to_numpy, layer 'text_vectorization': expected split by name"):
        model.to_numpy(tmp_path / "own")


def test_a_class_that_only_sets_arguments_anew_is_still_ours(tmp_path: Path):
    class Small(Dense):
        def __init__(self, **options: Any) -> None:
            super().__init__(2, "relu", **options)

    class Net(Sequential):
        def __init__(self) -> None:
            super().__init__([Input((3,)), Small()], seed=1)

    model = Net()
    script = module(model.to_numpy(tmp_path).parent)
    np.testing.assert_allclose(script.predict(np.ones((1, 3))), model.predict(np.ones((1, 3)), verbose=0), atol=1e-6)


@pytest.mark.parametrize("name", ['"]; import os; os.abort()  #', "a\nb", "it's", '"""', "back\\slash", "{x}"])
def test_no_name_becomes_code(name: str, tmp_path: Path):
    with pytest.raises(InvalidArgument, match="to_numpy, the name of a layer: expected letters"):
        network(Dense(2, name=name)).to_numpy(tmp_path / "out")
    with pytest.raises(InvalidArgument, match="to_numpy, the name of a model: expected letters"):
        Sequential([Input((3,)), Dense(2)], name=name).to_numpy(tmp_path / "out")
    x, z = Input((3,)), Input((3,))
    with pytest.raises(InvalidArgument, match="to_numpy, the name of an input: expected letters"):
        Model({"x": x, name: z}, Dense(2)(x + z)).to_numpy(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_unbuilt_model_is_told_to_be_built(tmp_path: Path):
    with pytest.raises(NotReady, match=r"to_numpy: expected a model that is built"):
        Sequential([Dense(2)]).to_numpy(tmp_path)


# The folder -----------------------------------------------------------------------------------------------------------


def test_a_folder_of_others_is_left_alone_unless_forced(tmp_path: Path):
    model = network(Dense(2))
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileError, match=r"expected a new or empty folder.*got notes\.txt.*force=True"):
        model.to_numpy(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]
    model.to_numpy(tmp_path, force=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["network.npz", "network.py", "notes.txt"]
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_script_of_others_is_not_overwritten(tmp_path: Path):
    (tmp_path / "network.py").write_text("print('mine')")
    with pytest.raises(FileError, match=r"got network\.py"):
        network(Dense(2)).to_numpy(tmp_path)
    assert (tmp_path / "network.py").read_text() == "print('mine')"


def test_an_earlier_export_is_replaced(tmp_path: Path):
    assert network(Dense(2)).to_numpy(tmp_path / "a" / "b") == tmp_path / "a" / "b" / "network.py"
    network(Dense(5, "tanh")).to_numpy(tmp_path / "a" / "b")
    assert "tanh" in (tmp_path / "a" / "b" / "network.py").read_text()


def test_a_path_that_is_a_file_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(FileError, match="expected a folder that can be written"):
        network(Dense(2)).to_numpy(tmp_path / "file")


def test_the_text_of_a_small_network(tmp_path: Path):
    """What a reader sees: straight lines, the textbook's letters, a shape beside each product."""
    model = network(Dense(4, "relu"), Dense(2, "softmax"), loss="categorical_crossentropy")
    text = model.to_numpy(tmp_path).read_text("utf-8")
    forward = re.search(r"def forward.*?(?=\n\n\n)", text, re.DOTALL)
    assert forward is not None
    assert (
        forward[0]
        == '''def forward(p, x):
    """(z2, what is needed on the way back)."""
    # dense
    z1 = x @ p["dense/kernel"] + p["dense/bias"]  # (B, 4)
    h1 = relu(z1)
    # dense_1: Dense
    z2 = h1 @ p["dense_1/kernel"] + p["dense_1/bias"]  # (B, 2)
    cache = x, h1, z1
    return z2, cache'''
    )
    backward = re.search(r"    g = {}.*?(?=\n\n\n)", text, re.DOTALL)
    assert backward is not None
    assert (
        backward[0]
        == """    g = {}
    # dense_1
    g["dense_1/kernel"] = h1.T @ dz2
    g["dense_1/bias"] = dz2.sum(axis=0)
    dh1 = dz2 @ p["dense_1/kernel"].T
    # dense
    dz1 = relu_grad(dh1, z1)
    g["dense/kernel"] = x.T @ dz1
    g["dense/bias"] = dz1.sum(axis=0)
    return g"""
    )
