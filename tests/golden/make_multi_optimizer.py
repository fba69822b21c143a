"""Writes multi_optimizer.json: where Keras's MultiOptimizer arrives on the problem of `optimizers/problem.py`.

Run: KERAS_BACKEND=jax python tests/golden/make_multi_optimizer.py
"""

import json
import runpy
from pathlib import Path

import keras
import numpy as np

HERE = Path(__file__).parent
problem = runpy.run_path(str(HERE.parent / "optimizers" / "problem.py"))


def run(default, by_key, options):
    """(weights after all steps, and once finalized, the optimizer's variables, its saved form)."""
    weights = [keras.Variable(w, dtype="float32") for w in problem["start"]("float32").values()]
    for path, w in zip(problem["SHAPES"], weights, strict=True):
        w._path = path
    optimizers = {key: made(one) for key, one in by_key.items()}
    optimizer = keras.optimizers.MultiOptimizer(keras.optimizers.OptimizerMap(made(default), optimizers), **options)
    for _ in range(problem["STEPS"]):
        g = problem["gradient"]({n: np.asarray(w.value) for n, w in zip(problem["SHAPES"], weights, strict=True)})
        optimizer.apply([optimizer.loss_scale_factor * d if options else d for d in g.values()], weights)
    after = flat(weights)
    variables = [float(np.sum(np.abs(np.asarray(v.value, "float64")))) for v in optimizer.variables]
    optimizer.finalize_variable_values(weights)
    return {
        "after": after,
        "final": flat(weights),
        "variables": variables,
        "saved": keras.optimizers.serialize(optimizer),
    }


def made(one):
    return getattr(keras.optimizers, one[0])(**one[1])


def flat(weights):
    return np.concatenate([np.ravel(np.asarray(w.value, "float64")) for w in weights]).tolist()


if __name__ == "__main__":
    rows = [json.dumps({"case": list(case), **run(*case)}) for case in problem["MULTI"]]
    text = f'{{"keras": "{keras.__version__}",\n"cases": [\n' + ",\n".join(rows) + "\n]}\n"
    (HERE / "multi_optimizer.json").write_text(text, encoding="utf-8")
