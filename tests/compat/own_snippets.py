"""Layers, models and graphs of their own, as people write them for Keras: the second part of the table of `snippets`."""

# ruff: noqa: E501
# The lines are as long as people write them.

from __future__ import annotations

DENSE = """
from keras import ops
class Linear(layers.Layer):
    def __init__(self, units=4, **kwargs):
        super().__init__(**kwargs)
        self.units = units
    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="random_normal", trainable=True, name="w")
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", trainable=True, name="b")
    def call(self, inputs):
        return ops.matmul(inputs, self.w) + self.b
    def get_config(self):
        return {**super().get_config(), "units": self.units}
"""

OWN_SNIPPETS = {
    "own_layer": f"""{DENSE}
m = keras.Sequential([keras.Input((8,)), Linear(6), layers.Activation("tanh"), Linear(1)])
m.compile("sgd", "mse"); det(m)
out = [m.fit(X, YR, epochs=3, **F).history, m.predict(X[:3], verbose=0).tolist(), [list(w.shape) for w in m.weights], m.layers[0].get_config()["units"]]
""",
    "own_layer_by_hand": f"""{DENSE}
l = Linear(3)
y = l(np.ones((2, 5), "float32"))
l.w.assign(np.arange(15).reshape(5, 3)); l.b.assign([1.0, 2.0, 3.0])
out = [list(y.shape), np.asarray(l(np.ones((2, 5), "float32"))).tolist(), len(l.weights), len(l.trainable_weights), l.built, list(l.w.shape), [v.name for v in l.weights]]
""",
    "own_layer_saved": f"""{DENSE}
m = keras.Sequential([keras.Input((8,)), Linear(6), Linear(1)]); det(m)
path = os.path.join(tempfile.mkdtemp(), "m.keras"); m.save(path)
back = keras.models.load_model(path, custom_objects={{"Linear": Linear}})
out = [float(np.abs(back.predict(X, verbose=0) - m.predict(X, verbose=0)).max()), back.layers[0].units, m.count_params()]
""",
    "own_model": """
class Classifier(keras.Model):
    def __init__(self, hidden=6, classes=3):
        super().__init__()
        self.hidden = layers.Dense(hidden, activation="relu")
        self.dropout = layers.Dropout(0.0)
        self.head = layers.Dense(classes, activation="softmax")
    def call(self, inputs, training=False):
        x = self.hidden(inputs)
        if training:
            x = self.dropout(x, training=training)
        return self.head(x)
m = Classifier(); m(X[:1]); det(m)
m.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
h = m.fit(X, YC, epochs=3, validation_data=(X[:20], YC[:20]), **F)
out = [h.history, m.evaluate(X, YC, verbose=0), m.predict(X[:2], verbose=0).tolist(), np.asarray(m(X[:2])).tolist(), m.count_params(), len(m.layers)]
""",
    "own_model_of_blocks": """
from keras import ops
class Block(layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.first = layers.Dense(units, activation="relu"); self.second = layers.Dense(units); self.norm = layers.BatchNormalization()
    def call(self, x, training=None):
        return ops.relu(x + self.norm(self.second(self.first(x)), training=training))
class Net(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.stem = layers.Dense(4); self.blocks = [Block(4) for _ in range(2)]; self.head = layers.Dense(1)
    def call(self, x, training=None):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x, training=training)
        return self.head(x)
m = Net(); m(X[:1])
r = np.random.RandomState(1)
for w in sorted(m.weights, key=lambda w: tuple(w.shape)):
    w.assign(np.ones(w.shape) if "variance" in w.name or "gamma" in w.name else 0.05 * (1 + np.arange(np.prod(w.shape)).reshape(w.shape) % 7))
m.compile("sgd", "mse")
out = [m.fit(X, YR, epochs=3, **F).history, m.predict(X[:2], verbose=0).tolist(), m.count_params(), len(m.trainable_weights), len(m.non_trainable_weights)]
""",
    "own_model_two_outputs": """
from keras import ops
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.body = layers.Dense(6, activation="tanh"); self.price = layers.Dense(1, name="price"); self.kind = layers.Dense(3, activation="softmax", name="kind")
    def call(self, inputs):
        x = self.body(ops.concatenate([inputs["a"], inputs["b"]], axis=-1))
        return {"price": self.price(x), "kind": self.kind(x)}
m = Net()
data, target = {"a": X[:, :5], "b": X[:, 5:]}, {"price": YR, "kind": YC}
m({"a": X[:1, :5], "b": X[:1, 5:]}); det(m)
m.compile("sgd", loss={"price": "mse", "kind": "sparse_categorical_crossentropy"}, loss_weights={"price": 0.5, "kind": 2.0})
h = m.fit(data, target, epochs=2, **F)
out = [h.history["loss"], {k: np.asarray(v).tolist() for k, v in m.predict({"a": X[:2, :5], "b": X[:2, 5:]}, verbose=0).items()}]
""",
    "own_step_by_own_model": """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.a = layers.Dense(4, activation="relu"); self.b = layers.Dense(1)
    def call(self, x):
        return self.b(self.a(x))
m = Net(); m(X[:1]); det(m); m.compile("sgd", "mse", metrics=["mae"])
out = [[float(v) for v in m.train_on_batch(X[:32], YR[:32])] for _ in range(3)] + [[float(v) for v in m.test_on_batch(X, YR)]]
""",
    "operators_on_tensors": """
x = keras.Input((8,))
a = layers.Dense(4)(x); b = layers.Dense(4, activation="sigmoid")(x)
y = a * b + (1 - b) * x[:, :4] - a ** 2 / 10 + abs(-a) @ np.eye(4, dtype="float32")
m = keras.Model(x, layers.Dense(1)(y)); det(m); m.compile("sgd", "mse")
out = [m.fit(X, YR, epochs=2, **F).history, m.predict(X[:3], verbose=0).tolist(), list(y.shape), m.count_params()]
""",
    "lambda_layer": """
from keras import ops
m = keras.Sequential([keras.Input((8,)), layers.Dense(6), layers.Lambda(lambda x: ops.concatenate([ops.sin(x), ops.cos(x)], axis=-1)), layers.Dense(1)])
det(m); m.compile("sgd", "mse")
out = [m.fit(X, YR, epochs=2, **F).history, m.predict(X[:2], verbose=0).tolist(), list(m.layers[1].output.shape)]
""",
    "layer_norm_by_hand": """
from keras import ops
class Norm(layers.Layer):
    def build(self, input_shape):
        self.gamma = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=(input_shape[-1],), initializer="zeros", name="beta")
    def call(self, x):
        mean = ops.mean(x, axis=-1, keepdims=True); var = ops.var(x, axis=-1, keepdims=True)
        return self.gamma * (x - mean) / ops.sqrt(var + 1e-3) + self.beta
m = keras.Sequential([keras.Input((8,)), layers.Dense(6), Norm(), layers.Dense(1)])
det(m); m.compile("sgd", "mse")
out = [m.fit(X, YR, epochs=2, **F).history, m.predict(X[:2], verbose=0).tolist()]
""",
    "self_attention_by_hand": """
from keras import ops
class Attention(layers.Layer):
    def __init__(self, dim, heads, **kwargs):
        super().__init__(**kwargs)
        self.dim, self.heads = dim, heads
        self.q = layers.Dense(dim); self.k = layers.Dense(dim); self.v = layers.Dense(dim); self.o = layers.Dense(dim)
    def split(self, x):
        return ops.transpose(ops.reshape(x, (-1, x.shape[1], self.heads, self.dim // self.heads)), (0, 2, 1, 3))
    def call(self, x):
        q, k, v = self.split(self.q(x)), self.split(self.k(x)), self.split(self.v(x))
        a = ops.softmax(ops.matmul(q, ops.transpose(k, (0, 1, 3, 2))) / math.sqrt(self.dim // self.heads), axis=-1)
        y = ops.transpose(ops.matmul(a, v), (0, 2, 1, 3))
        return self.o(ops.reshape(y, (-1, x.shape[1], self.dim)))
x = keras.Input((4, 2))
m = keras.Model(x, layers.Dense(1)(layers.Flatten()(Attention(6, 2)(x)))); det(m); m.compile("sgd", "mse")
D = X.reshape(-1, 4, 2)
out = [m.fit(D, YR, epochs=2, **F).history, m.predict(D[:2], verbose=0).tolist(), m.count_params()]
""",
    "own_weights_held": """
class Scale(layers.Layer):
    def build(self, input_shape):
        self.s = self.add_weight(shape=(input_shape[-1],), initializer="ones", regularizer=keras.regularizers.L2(0.1), constraint=keras.constraints.NonNeg(), name="s")
        self.offset = self.add_weight(shape=(), initializer=keras.initializers.Constant(0.5), trainable=False, name="offset")
    def call(self, x):
        return x * self.s + self.offset
m = keras.Sequential([keras.Input((8,)), Scale(), layers.Dense(1, kernel_initializer="ones")]); m.compile(keras.optimizers.SGD(0.1), "mse")
h = m.fit(X, YR, epochs=3, **F)
out = [h.history, [np.asarray(w).tolist() for w in m.get_weights()[:2]], len(m.trainable_weights), len(m.non_trainable_weights), [float(l) for l in m.losses]]
""",
    "frozen_statistics": """
class Still(layers.Layer):
    def __init__(self):
        super().__init__()
        self.norm = layers.BatchNormalization()
    def call(self, x):
        return self.norm(x, training=False)
m = keras.Sequential([keras.Input((8,)), Still(), layers.Dense(1, kernel_initializer="ones")]); m.compile("sgd", "mse")
h = m.fit(3 * X + 1, YR, epochs=2, **F)
out = [h.history, m.layers[0].norm.moving_mean.numpy().tolist(), m.predict(X[:2], verbose=0).tolist()]
""",
    "frozen_part_called": """
base = keras.Sequential([keras.Input((8,)), layers.Dense(6, activation="relu"), layers.BatchNormalization()])
base.trainable = False
x = keras.Input((8,)); m = keras.Model(x, layers.Dense(1)(base(x, training=False))); m.compile("sgd", "mse")
for w in m.weights:
    w.assign(np.ones(w.shape) if "variance" in w.name or "gamma" in w.name else 0.05 * (1 + np.arange(np.prod(w.shape)).reshape(w.shape) % 7))
before = base.get_weights(); h = m.fit(X, YR, epochs=2, **F)
out = [h.history, float(max(np.abs(a - b).max() for a, b in zip(before, base.get_weights()))), len(m.trainable_weights)]
""",
    "factorisation_machine": """
from keras import ops
class FM(keras.Model):
    def __init__(self, k=3):
        super().__init__()
        self.linear = layers.Dense(1); self.k = k
    def build(self, input_shape):
        self.v = self.add_weight(shape=(input_shape[-1], self.k), initializer="ones", name="v")
    def call(self, x):
        square_of_sum = ops.square(ops.matmul(x, self.v)); sum_of_square = ops.matmul(ops.square(x), ops.square(self.v))
        return self.linear(x) + 0.5 * ops.sum(square_of_sum - sum_of_square, axis=1, keepdims=True)
m = FM(); m(X[:1]); det(m); m.compile(keras.optimizers.SGD(0.001), "mse")
out = [m.fit(X, YR, epochs=2, **F).history, m.predict(X[:2], verbose=0).tolist(), m.count_params()]
""",
    "maxout_and_gates": """
from keras import ops
x = keras.Input((8,))
maxout = ops.max(ops.reshape(layers.Dense(6)(x), (-1, 3, 2)), axis=-1)
left, right = ops.split(layers.Dense(6)(x), 2, axis=-1)
gated = left * ops.sigmoid(right)
y = ops.where(gated > 0, maxout, ops.minimum(gated, 0.5))
m = keras.Model(x, layers.Dense(1)(ops.stack([y, ops.exp(-ops.abs(y))], axis=1)[:, 0] + ops.einsum("bi,bi->b", y, y)[:, None])); det(m); m.compile("sgd", "mse")
out = [m.fit(X, YR, epochs=2, **F).history, m.predict(X[:2], verbose=0).tolist()]
""",
    "model_by_inheritance": """
class Net(keras.Model):
    def __init__(self, width):
        inputs = keras.Input(shape=(8,)); outputs = layers.Dense(1)(layers.Dense(width, activation="relu")(inputs))
        super().__init__(inputs=inputs, outputs=outputs)
m = Net(5); det(m); m.compile("sgd", "mse")
out = [m.fit(X, YR, epochs=2, **F).history, isinstance(m, keras.Model), m.count_params(), len(m.layers)]
""",
    "own_loss_function": """
from keras import ops
def huber(y_true, y_pred):
    e = ops.abs(y_true - y_pred)
    return ops.mean(ops.where(e < 1.0, 0.5 * ops.square(e), e - 0.5), axis=-1)
m = small("linear", loss=huber, metrics=("mae",))
W = np.linspace(0.5, 2, 120)
out = [m.fit(X, YR, epochs=2, sample_weight=W, **F).history, m.evaluate(X, YR, verbose=0)]
""",
    "own_loss_class": """
from keras import ops
class Focal(keras.losses.Loss):
    def __init__(self, gamma=2.0, **kwargs):
        super().__init__(**kwargs)
        self.gamma = gamma
    def call(self, y_true, y_pred):
        p = ops.clip(y_pred, 1e-6, 1 - 1e-6); t = ops.cast(y_true, "float32")
        return -ops.mean(t * (1 - p) ** self.gamma * ops.log(p) + (1 - t) * p ** self.gamma * ops.log(1 - p), axis=-1)
m = small(loss=Focal(1.5))
out = [m.fit(X, YB[:, None], epochs=2, **F).history, float(Focal()(np.array([[1.0], [0.0]]), np.array([[0.7], [0.4]])))]
""",
    "own_activation_function": """
from keras import ops
def swish(x):
    return x * ops.sigmoid(x)
m = keras.Sequential([keras.Input((8,)), layers.Dense(6, activation=swish), layers.Activation(lambda x: ops.maximum(x, 0.1 * x)), layers.Dense(1)]); det(m); m.compile("sgd", "mse")
out = [m.fit(X, YR, epochs=2, **F).history, m.predict(X[:2], verbose=0).tolist()]
""",
    "what_is_frozen_adds_no_penalty": """
m = keras.Sequential([keras.Input((8,)), layers.Dense(6, kernel_regularizer="l2", bias_regularizer="l1"), layers.Dense(1, kernel_regularizer="l1")]); det(m)
m.layers[0].trainable = False
m.compile("sgd", "mse")
out = [m.fit(X, YR, epochs=2, **F).history, m.evaluate(X, YR, verbose=0), [float(l) for l in m.losses]]
m.layers[0].trainable = True; m.compile("sgd", "mse"); out.append([m.evaluate(X, YR, verbose=0), [float(l) for l in m.losses]])
""",
    "metrics_by_hand": """
m = keras.Sequential([keras.Input((8,)), layers.Dense(6), layers.Dense(1)]); det(m)
m.compile("sgd", "mse", metrics=["mae"], weighted_metrics=["mse"])
W = np.linspace(0.5, 2, 120).astype("float32"); p = m(X)
out = [{k: float(v) for k, v in m.compute_metrics(X, YR, p, W).items()}, float(m.compute_loss(X, YR, p, W)), {k: float(v) for k, v in m.compute_metrics(X[:9], YR[:9], p[:9]).items()}]
m.reset_metrics()
out += [{k: float(v) for k, v in m.get_metrics_result().items()}, m.metrics[0].name]
""",
    "penalties_by_hand": """
m = keras.Sequential([keras.Input((8,)), layers.Dense(6, kernel_regularizer="l2"), layers.Dense(1)]); det(m)
m.compile("sgd", "mse")
W = np.linspace(0.5, 2, 120).astype("float32"); p = m(X)
out = [float(m.compute_loss(X, YR, p, W)), float(m.compute_loss(X[:9], YR[:9], p[:9])), [float(l) for l in m.losses]]
""",
    "own_loss_in_call": """
from keras import ops
class Bottleneck(layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.mean = layers.Dense(units); self.spread = layers.Dense(units)
    def call(self, x, training=None):
        mean, logvar = self.mean(x), self.spread(x)
        self.add_loss(-0.5 * ops.mean(ops.sum(1 + logvar - ops.square(mean) - ops.exp(logvar), axis=1)))
        if training:
            self.add_loss(0.1 * ops.mean(ops.abs(mean)))
        return mean * ops.exp(0.5 * logvar)
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.a = layers.Dense(5, activation="tanh", kernel_regularizer="l2"); self.z = Bottleneck(2); self.b = layers.Dense(8)
    def call(self, x, training=None):
        y = self.b(self.z(self.a(x), training=training))
        self.add_loss([0.01 * ops.sum(ops.mean(y * y, axis=0))])
        return y
m = Net(); m(X[:1]); det(m); m.compile("sgd", "mse", metrics=["mae"])
h = m.fit(X, X, epochs=3, validation_data=(X[:50], X[:50]), **F)
m(X[:9]); a = sorted(float(l) for l in m.losses)
out = [h.history, m.evaluate(X, X, verbose=0), a, float(m.compute_loss(X[:9], X[:9], m(X[:9])))]
""",
    "own_loss_by_hand": """
from keras import ops
class Sparse(layers.Layer):
    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1],), initializer="ones", name="w")
    def call(self, x):
        self.add_loss(1e-2 * ops.sum(ops.abs(x * self.w))); self.add_loss(ops.square(self.w))
        return x * self.w
l = Sparse(); y = l(X[:5]); first = [float(np.sum(np.array(v))) for v in l.losses]
l(X[:7]); out = [first, [float(np.sum(np.array(v))) for v in l.losses], np.asarray(y).tolist()]
""",
    "tied_autoencoder": """
from keras import ops
class Tied(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.encoder = layers.Dense(3, activation="tanh", kernel_regularizer="l2")
    def build(self, input_shape):
        self.encoder.build(input_shape)
        self.bias = self.add_weight(shape=(8,), initializer="zeros", name="bias")
    def call(self, x):
        h = self.encoder(x)
        return ops.matmul(h, ops.transpose(self.encoder.kernel)) + self.bias
m = Tied(); m(X[:1]); det(m); m.compile(keras.optimizers.SGD(0.1), "mse")
h = m.fit(X, X, epochs=3, **F)
path = os.path.join(tempfile.mkdtemp(), "m.keras"); m.save(path)
back = keras.models.load_model(path, custom_objects={"Tied": Tied})
out = [h.history, m.predict(X[:2], verbose=0).tolist(), len(m.weights), m.count_params(), float(np.abs(back.predict(X, verbose=0) - m.predict(X, verbose=0)).max())]
""",
    "weights_of_an_own_layer": """
from keras import ops
class Table(layers.Layer):
    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], 4), initializer="ones", name="w")
    def call(self, x):
        return ops.matmul(x, self.w)
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.table = Table(); self.head = layers.Dense(1)
    def call(self, x):
        h = ops.tanh(self.table(x))
        back = ops.matmul(h, ops.transpose(self.table.w))
        return self.head(ops.concatenate([h, back], axis=-1))
m = Net(); m(X[:1]); det(m); m.compile("sgd", "mse")
out = [m.fit(X, YR, epochs=3, **F).history, m.predict(X[:2], verbose=0).tolist(), m.count_params()]
""",
    "moving_averages_by_hand": """
from keras import ops
class Centred(layers.Layer):
    def build(self, input_shape):
        self.mean = self.add_weight(shape=(input_shape[-1],), initializer="zeros", trainable=False, name="mean")
        self.seen = self.add_weight(shape=(), initializer="zeros", trainable=False, name="seen")
    def call(self, x, training=None):
        if training:
            self.mean.assign(0.9 * self.mean + 0.1 * ops.mean(x, axis=0))
            self.seen.assign_add(1.0)
        return x - self.mean
m = keras.Sequential([keras.Input((8,)), layers.Dense(6, activation="tanh"), Centred(), layers.Dense(1)]); det(m); m.compile("sgd", "mse")
h = m.fit(X, YR, epochs=3, validation_data=(X[:40], YR[:40]), **F)
l = m.layers[1]
out = [h.history, np.array(l.mean).tolist(), float(np.array(l.seen)), m.predict(X[:2], verbose=0).tolist(), len(m.non_trainable_weights)]
""",
    "sums_by_hand": """
from keras import ops
class Counting(layers.Layer):
    def build(self, input_shape):
        self.total = self.add_weight(shape=(input_shape[-1],), initializer="zeros", trainable=False, name="total")
    def call(self, x):
        self.total.assign_add(ops.sum(x, axis=0)); self.total.assign_sub(ops.ones((8,)))
        return x + self.total
l = Counting(); a = np.asarray(l(X[:5])).tolist(); b = np.asarray(l(X[:5], training=True)).tolist()
out = [a, b, np.array(l.total).tolist()]
""",
    "siamese": """
from keras import ops
encoder = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="tanh")])
a, b = keras.Input((4,)), keras.Input((4,))
u, v = encoder(a), encoder(b)
y = ops.sum(ops.normalize(u) * ops.normalize(v), axis=-1, keepdims=True)
m = keras.Model([a, b], layers.Dense(1, activation="sigmoid")(ops.concatenate([y, ops.abs(u - v)], axis=-1))); det(m); m.compile("sgd", "binary_crossentropy")
out = [m.fit([X[:, :4], X[:, 4:]], YB, epochs=2, **F).history, m.predict([X[:2, :4], X[:2, 4:]], verbose=0).tolist()]
""",
}
