"""Networks with masks, for Keras and for Pellucid alike, and how they are trained."""

from __future__ import annotations

from typing import Any

import numpy as np

rng = np.random.default_rng(0)
X = rng.random((12, 5, 3)).astype("float32")
X[:, 3:] = 0
X[0, 1:] = 0
Y, W, K = rng.random((12, 5, 1)).astype("float32"), rng.random(12), rng.integers(0, 3, (12, 5))
REAL = (X != 0).any(axis=-1)

Case = tuple[Any, Any, Any]  # (makes the network, loss or what makes it, targets)


def cases(lib: Any) -> dict[str, Case]:
    """By name; lib: the module keras or pellucid."""
    L, ops = lib.layers, lib.ops

    class Pool(lib.layers.Layer):
        """The mean over the steps that count."""

        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.supports_masking = True

        def call(self, x: Any, mask: Any = None) -> Any:
            if mask is None:
                return ops.mean(x, axis=1)
            m = ops.expand_dims(ops.cast(mask, "float32"), -1)
            return ops.sum(x * m, axis=1) / ops.sum(m, axis=1)

        def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
            return None

    class Own(lib.Model):
        def __init__(self) -> None:
            super().__init__()
            self.mask, self.hidden, self.pool, self.out = L.Masking(), L.Dense(4, activation="relu"), Pool(), L.Dense(1)

        def call(self, x: Any) -> Any:
            return self.out(self.pool(self.hidden(self.mask(x))))

    class Explicit(lib.Model):
        def __init__(self) -> None:
            super().__init__()
            self.mask, self.out = L.Masking(), L.Dense(1)

        def call(self, x: Any) -> Any:
            m = self.mask.compute_mask(x)
            return self.out(self.mask(x)) * ops.expand_dims(ops.cast(m, "float32"), -1)

    def chain(*after: Any) -> Any:
        return lib.Sequential([L.Input((5, 3)), L.Masking(), *after])

    def graph() -> Any:
        a = L.Input((5, 3))
        masked = L.Masking()(a)
        return lib.Model(a, L.Dense(1)(L.Concatenate()([L.Add()([masked, L.Dense(3)(masked)]), a])))

    def nested() -> Any:
        inner = lib.Sequential([L.Input((5, 3)), L.Dense(4, activation="tanh"), L.Dense(2)])
        a = L.Input((5, 3))
        return lib.Model(a, L.Dense(1)(inner(L.Masking()(a))))

    def pooled() -> Any:
        a = L.Input((5, 3))
        return lib.Model(a, L.Dense(1)(Pool()(L.Dense(4)(L.Masking()(a)))))

    def built(model: Any) -> Any:
        model(X[:1])
        return model

    SPARSE = "sparse_categorical_crossentropy"
    return {
        "plain": (lambda: chain(L.Dense(4, activation="relu"), L.Dense(1)), "mse", Y),
        "classes": (lambda: chain(L.Dense(3, activation="softmax")), SPARSE, K),
        "ignore": (
            lambda: chain(L.Dense(3, activation="softmax")),
            lambda: lib.losses.SparseCategoricalCrossentropy(ignore_class=1),
            K,
        ),
        "bn": (lambda: chain(L.Dense(4), L.BatchNormalization(momentum=0.5), L.Dense(1)), "mse", Y),
        "graph": (graph, "mse", Y),
        "nested": (nested, "mse", Y),
        "pool": (pooled, "mse", Y[:, 0]),
        "own": (lambda: built(Own()), "mse", Y[:, 0]),
        "explicit": (lambda: built(Explicit()), "mse", Y),
    }


def trained(lib: Any, case: Case, **options: Any) -> tuple[Any, dict[str, Any]]:
    """(the network after two epochs, its history)."""
    make, loss, y = case
    model = make()
    draw = np.random.default_rng(1)
    given = zip(model.weights, model.get_weights(), strict=True)
    model.set_weights([w if "moving" in v.name else draw.normal(size=w.shape) * 0.5 for v, w in given])
    model.compile(
        lib.optimizers.SGD(0.1), loss() if callable(loss) else loss, metrics=["accuracy" if y is K else "mae"],
        weighted_metrics=None if y is K else ["mse"], **options,
    )  # fmt: skip
    history = model.fit(X, y, epochs=2, batch_size=4, shuffle=False, verbose=0, validation_data=(X, y)).history
    return model, history
