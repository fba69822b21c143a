"""Writes optimizers.json: where Keras's and PyTorch's optimizers arrive on a small problem, and their schedules.

Run: KERAS_BACKEND=jax python tests/golden/make_optimizers.py     (it needs keras, jax and torch)

Keras's NumPy backend turns float64 into float32 on the way; with JAX it computes in float64, but for cosines, powers
of arrays and norms.
"""

import json
import runpy
from pathlib import Path

import jax
import keras
import numpy as np
import torch

HERE = Path(__file__).parent
problem = runpy.run_path(str(HERE.parent / "optimizers" / "problem.py"))
start, gradient, STEPS = problem["start"], problem["gradient"], problem["STEPS"]


def flat(weights):
    vector = np.concatenate([np.ravel(w) for w in weights]).astype("float64")
    assert np.isfinite(vector).all()
    return vector.tolist()


def set_precision(dtype):
    jax.config.update("jax_enable_x64", dtype == "float64")
    keras.config.set_floatx(dtype)


def keras_run(name, arguments, dtype):
    """(weights, weights after finalize_variable_values, the optimizer's variables) after all steps."""
    set_precision(dtype)
    weights = {n: keras.Variable(w, dtype=dtype, name=n.replace("/", "_")) for n, w in start(dtype).items()}
    for path, w in weights.items():
        w._path = path
    optimizer = getattr(keras.optimizers, name)(**arguments)
    for _ in range(STEPS):
        g = gradient({n: np.asarray(w.value) for n, w in weights.items()})
        optimizer.apply([keras.ops.convert_to_tensor(g[n]) for n in weights], list(weights.values()))
    after = flat(np.asarray(w.value) for w in weights.values())
    variables = [np.asarray(v.value) for v in optimizer.variables]
    optimizer.finalize_variable_values(list(weights.values()))
    return after, flat(np.asarray(w.value) for w in weights.values()), variables


def torch_run(name, arguments, dtype):
    weights = {n: torch.nn.Parameter(torch.tensor(w)) for n, w in start(dtype).items()}
    optimizer = getattr(torch.optim, name)(list(weights.values()), **arguments)
    for _ in range(STEPS):
        g = gradient({n: w.detach().numpy() for n, w in weights.items()})
        for n, w in weights.items():
            w.grad = torch.tensor(g[n])
        optimizer.step()
    return flat(w.detach().numpy() for w in weights.values())


def keras_cases():
    for name, arguments in problem["KERAS"]:
        case = {"optimizer": name, "arguments": arguments}
        for dtype in ("float32", "float64"):
            case[dtype], case[dtype + " final"], variables = keras_run(name, arguments, dtype)
            if dtype == "float32":
                case["variables"] = [
                    {"shape": v.shape, "dtype": v.dtype.name, "values": v.ravel().tolist()} for v in variables
                ]
        if case["float32"] == case["float32 final"]:
            del case["float32 final"], case["float64 final"]
        yield case


def schedule_cases():
    set_precision("float64")
    for name, arguments in problem["SCHEDULES"]:
        schedule = getattr(keras.optimizers.schedules, name)(**arguments)
        saved = keras.optimizers.schedules.serialize(schedule)
        yield {"schedule": name, "saved": saved, "rates": [float(schedule(step)) for step in problem["AT"]]}
    for theirs, ours in problem["ONE_CYCLE"]:
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, cycle_momentum=False, **theirs)
        rates = []
        for step in range(theirs["total_steps"]):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if step + 1 < theirs["total_steps"]:
                schedule.step()
        yield {"schedule": "OneCycle", "arguments": ours, "all rates": rates}


def saved_forms():
    """Each optimizer as Keras serializes it."""
    set_precision("float32")
    for name in sorted({name for name, _ in problem["KERAS"]}):
        yield keras.optimizers.serialize(getattr(keras.optimizers, name)(learning_rate=0.5, clipnorm=1.0))
    schedule = keras.optimizers.schedules.CosineDecay(0.5, 10)
    yield keras.optimizers.serialize(keras.optimizers.Adam(schedule))


golden = {
    "versions": {"keras": keras.__version__, "torch": torch.__version__},
    "keras": list(keras_cases()),
    "torch": [
        {
            "optimizer": name,
            "arguments": arguments,
            **{d: torch_run(name, arguments, d) for d in ("float32", "float64")},
        }
        for name, arguments, *_ in problem["TORCH"]
    ],
    "schedules": list(schedule_cases()),
    "saved": list(saved_forms()),
}


def rounded(value):
    """float64 to 15 digits: enough for every tolerance, and a smaller file."""
    if isinstance(value, float):
        return float(f"{value:.15g}")
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return [rounded(v) for v in value] if isinstance(value, list | tuple) else value


rows = {k: v if isinstance(v, dict) else [json.dumps(rounded(row)) for row in v] for k, v in golden.items()}
lines = [
    f'"{k}": ' + (json.dumps(v) if isinstance(v, dict) else "[\n" + ",\n".join(v) + "\n]") for k, v in rows.items()
]
(HERE / "optimizers.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
