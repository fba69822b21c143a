"""Layers called in several ways, functions in the place of parts, logs of outputs without names, and programs after
those that people show one another: the third part of the table of `snippets`."""

# ruff: noqa: E501
# The lines are as long as people write them.

from __future__ import annotations

WAY_SNIPPETS = {
    "ways_in_a_graph": """
from keras import ops
class Mix(layers.Layer):
    def __init__(self, units=4, **kwargs):
        super().__init__(**kwargs)
        self.units = units; self.a = layers.Dense(units, activation="tanh"); self.b = layers.Dense(units)
    def call(self, x, other=None, scale=1.0, training=None):
        y = self.a(x)
        if other is not None:
            y = y + self.b(other)
        return y * scale
x = keras.Input((8,)); m = Mix()
y = m(x) + m(x, other=x, scale=2.0) - m(x, x, scale=0.5, training=False)
m = keras.Model(x, layers.Dense(1)(y)); det(m); m.compile("sgd", "mse")
path = os.path.join(tempfile.mkdtemp(), "m.keras"); h = m.fit(X, YR, epochs=2, **F).history; m.save(path)
back = keras.models.load_model(path, custom_objects={"Mix": Mix})
out = [h, m.predict(X[:3], verbose=0).tolist(), m.count_params(), [list(w.shape) for w in m.weights], float(np.abs(back.predict(X, verbose=0) - m.predict(X, verbose=0)).max())]
""",
    "ways_by_hand": """
class Auto(keras.Model):
    def __init__(self):
        super().__init__()
        self.encoder = layers.Dense(3, activation="tanh"); self.decoder = layers.Dense(8)
    def call(self, x, return_latent=False):
        z = self.encoder(x)
        return (self.decoder(z), z) if return_latent else self.decoder(z)
m = Auto(); m.compile("sgd", "mse"); m(X[:1]); det(m)
h = m.fit(X, X, epochs=2, **F).history
y, z = m(X[:3], return_latent=True)
h2 = m.fit(X, X, epochs=2, **F).history
out = [h, np.asarray(y).tolist(), np.asarray(z).tolist(), h2, len(m.weights)]
""",
    "first_in_another_way": """
class Auto(keras.Model):
    def __init__(self):
        super().__init__()
        self.encoder = layers.Dense(3, activation="tanh"); self.decoder = layers.Dense(8)
    def call(self, x, return_latent=False):
        z = self.encoder(x)
        return (self.decoder(z), z) if return_latent else self.decoder(z)
m = Auto(); m.compile("sgd", "mse"); m(X[:1], return_latent=True); det(m)
h = m.fit(X, X, epochs=2, **F).history
y, z = m(X[:3], return_latent=True)
out = [h, np.asarray(y).tolist(), np.asarray(z).tolist(), len(m.weights), m.predict(X[:2], verbose=0).tolist()]
""",
    "numbers_of_inputs": """
from keras import ops
class Total(layers.Layer):
    def build(self, shapes):
        self.w = self.add_weight(shape=(8,), initializer="ones", name="w")
    def call(self, xs):
        return sum(xs[1:], xs[0]) * self.w
l = Total(); a, b, c = keras.Input((8,)), keras.Input((8,)), keras.Input((8,))
m = keras.Model([a, b, c], layers.Dense(1)(l([a, b]) * l([a, b, c]))); det(m); m.compile(keras.optimizers.SGD(0.001), "mse")
out = [m.fit([X, X, X], YR, epochs=2, **F).history, len(m.weights), np.asarray(l([X[:2], X[:2]])).tolist(), np.asarray(l([X[:2]])).tolist()]
""",
    "lengths": """
from keras import ops
class ByLength(layers.Layer):
    def __init__(self):
        super().__init__()
        self.d = layers.Dense(2)
    def call(self, x):
        return ops.sum(self.d(x), axis=1) / x.shape[1]
l = ByLength(); a, b = keras.Input((3, 4)), keras.Input((5, 4))
m = keras.Model([a, b], l(a) + l(b)); det(m); m.compile("sgd", "mse")
A, B = X[:, :12 // 12 * 1].repeat(12, 1).reshape(-1, 3, 4), np.tile(X, 3)[:, :20].reshape(-1, 5, 4)
out = [m.fit([A, B], X[:, :2], epochs=2, **F).history, np.asarray(l(A[:2])).tolist(), np.asarray(l(B[:2])).tolist(), np.asarray(l(B[:2, :1])).tolist()]
""",
    "heads_of_a_model": """
from keras import ops
class Two(keras.Model):
    def __init__(self):
        super().__init__()
        self.out = layers.Dense(1); self.body = layers.Dense(4, activation="tanh"); self.other = layers.Dense(2)
    def call(self, x, head="out", training=None):
        h = self.body(x)
        return self.out(h) if head == "out" else self.other(h)
m = Two(); m(X[:1]); n = len(m.weights); y = m(X[:2], head="other")
det(m); m.compile("sgd", "mse")
out = [n, len(m.weights), [list(w.shape) for w in m.weights], m.fit(X, YR, epochs=2, **F).history, np.asarray(m(X[:2], head="other")).tolist(), np.asarray(m(X[:2], head="other", training=True)).tolist()]
""",
    "inner_in_two_ways": """
from keras import ops
class Attend(layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.q = layers.Dense(units); self.k = layers.Dense(units)
    def call(self, query, key=None, weighted=True):
        key = query if key is None else key
        s = ops.softmax(self.q(query) * self.k(key))
        return s * query[:, :s.shape[1]] if weighted else s
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.at = Attend(8); self.out = layers.Dense(1)
    def call(self, x, training=None):
        h = self.at(x)
        h = self.at(h, x)
        if training:
            h = h + 0.1 * self.at(h, weighted=False)
        return self.out(h)
m = Net(); m(X[:1]); det(m); m.compile("sgd", "mse")
out = [m.fit(X, YR, epochs=2, validation_data=(X[:30], YR[:30]), **F).history, m.predict(X[:2], verbose=0).tolist(), len(m.weights)]
""",
    "model_in_two_ways_in_a_graph": """
class Enc(keras.Model):
    def __init__(self, **kw):
        super().__init__(**kw)
        self.a = layers.Dense(4, activation="tanh"); self.b = layers.Dense(4)
    def call(self, x, deep=False):
        return self.b(self.a(x)) if deep else self.a(x)
e = Enc(name="enc"); x = keras.Input((8,))
m = keras.Model(x, layers.Dense(1)(layers.concatenate([e(x), e(x, deep=True)]))); det(m); m.compile("sgd", "mse")
out = [m.fit(X, YR, epochs=2, **F).history, np.asarray(e(X[:2], deep=True)).tolist(), len(m.weights), len(e.weights)]
""",
    "training_by_default": """
class Noisy(layers.Layer):
    def call(self, x, training=True):
        return x * 2 if training else x
out = [np.asarray(Noisy()(X[:2])).tolist(), np.asarray(Noisy()(X[:2], training=False)).tolist()]
""",
    "deep_attributes": """
class Cfg:
    pass
class L(layers.Layer):
    def __init__(self):
        super().__init__()
        self.scales = [1.0, 2.0]; self.opt = {"a": 1.0}; self.cfg = Cfg(); self.cfg.k = 3.0; self.table = np.ones(8, "float32"); self.drop = layers.Dropout(0.25)
    def call(self, x):
        return x * self.scales[0] * self.opt["a"] * self.cfg.k * self.table * self.drop.rate
l = L(); o = [np.asarray(l(X[:2])).tolist()]
l.scales[0] = 3.0; o.append(np.asarray(l(X[:2])).tolist())
l.opt["a"] = 2.0; o.append(np.asarray(l(X[:2])).tolist())
l.cfg.k = 0.5; o.append(np.asarray(l(X[:2])).tolist())
l.table[1] = 9.0; o.append(np.asarray(l(X[:2])).tolist())
l.drop.rate = 0.125; o.append(np.asarray(l(X[:2])).tolist())
out = o
""",
    "deep_in_a_model": """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.d = layers.Dense(1); self.scales = [1.0]
    def call(self, x):
        return self.d(x) * self.scales[0]
m = Net(); m(X[:1]); det(m); m.compile("sgd", "mse")
a = m.predict(X[:2], verbose=0).tolist(); m.scales[0] = 2.0; m.compile("sgd", "mse")
b = m.predict(X[:2], verbose=0).tolist(); h = m.fit(X, YR, epochs=1, **F).history
m.scales.append(3.0); m.scales[0] = -1.0; m.compile("sgd", "mse")
out = [a, b, h, m.fit(X, YR, epochs=1, **F).history, m.evaluate(X, YR, verbose=0)]
""",
    "grown_standalone": """
class L(layers.Layer):
    def __init__(self):
        super().__init__()
        self.a = layers.Dense(2, kernel_initializer="ones"); self.b = layers.Dense(3, kernel_initializer="ones")
    def call(self, x, other=False):
        return self.b(x) if other else self.a(x)
l = L(); a = l(X[:2]); n = len(l.weights); b = l(X[:2], other=True)
out = [np.asarray(a).tolist(), n, np.asarray(b).tolist(), len(l.weights), [list(w.shape) for w in l.get_weights()]]
l.set_weights([np.zeros(w.shape) for w in l.get_weights()])
out += [np.asarray(l(X[:2], other=True)).tolist(), np.asarray(l(X[:2])).tolist()]
""",
    "other_way_trained_by_hand": """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.a = layers.Dense(4, activation="tanh"); self.norm = layers.BatchNormalization(); self.b = layers.Dense(1)
    def call(self, x, raw=False, training=None):
        h = self.norm(self.a(x), training=training)
        return h if raw else self.b(h)
m = Net(); m(X[:1]); det(m); m.norm.set_weights([np.ones(4)] * 4); m.compile("sgd", "mse")
m(X[:20], raw=True, training=True)
out = [np.asarray(m.norm.moving_mean).tolist(), np.asarray(m(X[:2], raw=True)).tolist(), m.fit(X, YR, epochs=2, **F).history]
""",
    "losses_of_another_way": """
from keras import ops
class L(layers.Layer):
    def __init__(self):
        super().__init__()
        self.d = layers.Dense(3, kernel_regularizer="l2", kernel_initializer="ones")
    def call(self, x, add=False):
        y = self.d(x)
        if add:
            self.add_loss(ops.mean(y * y))
        return y
l = L(); l(X[:3]); a = [float(v) for v in l.losses]; l(X[:3], add=True); b = sorted(float(v) for v in l.losses); l(X[:3]); c = [float(v) for v in l.losses]
x = keras.Input((8,)); m = keras.Model(x, layers.Dense(1)(l(x) + l(x, add=True))); det(m); m.compile("sgd", "mse")
out = [a, b, c, m.fit(X, YR, epochs=2, **F).history]
""",
    "masks_and_ways": """
from keras import ops
class Pool(layers.Layer):
    def call(self, x, mask=None, total=False):
        if mask is not None:
            x = x * ops.expand_dims(ops.cast(mask, x.dtype), -1)
        return ops.sum(x, axis=1) if total else ops.mean(x, axis=1)
D = X.reshape(-1, 4, 2).copy(); D[:, 2:] = 0
x = keras.Input((4, 2)); h = layers.Masking()(x); p = Pool()
m = keras.Model(x, layers.Dense(1)(layers.concatenate([p(h + 1), p(h, total=True), p(h)]))); det(m); m.compile("sgd", "mse")
out = [m.fit(D, YR, epochs=2, **F).history, m.predict(D[:2], verbose=0).tolist()]
""",
    "assigning_in_another_way": """
from keras import ops
class L(layers.Layer):
    def build(self, shape):
        self.n = self.add_weight(shape=(), initializer="zeros", trainable=False, name="n"); self.w = self.add_weight(shape=(8,), initializer="ones", name="w")
    def call(self, x, count=False):
        if count:
            self.n.assign_add(1.0)
        return x * self.w + self.n
l = L(); a = np.asarray(l(X[:2])).tolist(); b = np.asarray(l(X[:2], count=True)).tolist(); c = np.asarray(l(X[:2])).tolist()
out = [a, b, c, float(np.array(l.n))]
""",
    "lent_in_another_way": """
from keras import ops
class Inner(layers.Layer):
    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], 3), initializer="ones", name="w")
    def call(self, x, back=False):
        return ops.matmul(x, ops.transpose(self.w)) if back else ops.matmul(x, self.w)
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.i = Inner()
    def call(self, x):
        return self.i(ops.tanh(self.i(x)), back=True) + ops.sum(self.i.w)
m = Net(); m(X[:1]); det(m); m.compile("sgd", "mse")
out = [m.fit(X, X, epochs=2, **F).history, len(m.weights)]
""",
    "tuple_then_list": """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.d = layers.Dense(1)
    def call(self, xs):
        a, b = xs
        return self.d(a - b)
m = Net(); m((X[:1], X[:1])); det(m); m.compile("sgd", "mse")
out = [m.fit([X, X[::-1]], YR, epochs=2, **F).history, m.predict((X[:2], X[2:4]), verbose=0).tolist()]
""",
    "int_then_float": """
class L(layers.Layer):
    def call(self, x):
        return x / 2
l = L(); a = np.asarray(l(np.array([[3, 4]]))).tolist(); b = np.asarray(l(np.array([[3.5, 4]], "float32"))).tolist()
class Net(keras.Model):
    def __init__(self):
        super().__init__(); self.d = layers.Dense(1)
    def call(self, x):
        return self.d(x)
m = Net(); m(np.ones((1, 8), int)); det(m); m.compile("sgd", "mse")
out = [a, b, m.fit(X, YR, epochs=2, **F).history, m.predict(X[:2], verbose=0).tolist()]
""",
    "in_a_sequential_after_another": """
class L(layers.Layer):
    def call(self, x, k=1.0):
        return x * k
l = L(); l(X[:1], k=3.0)
m = keras.Sequential([keras.Input((8,)), l, layers.Dense(1)]); det(m)
out = [m.predict(X[:2], verbose=0).tolist(), np.asarray(l(X[:2], k=3.0)).tolist()]
""",
    "logs_of_own_list": """
class N(keras.Model):
    def __init__(self):
        super().__init__(); self.a = layers.Dense(1, name="p"); self.b = layers.Dense(3, activation="softmax", name="k")
    def call(self, x):
        return [self.a(x), self.b(x)]
m = N(); m(X[:1]); det(m); m.compile("sgd", loss=["mse", "sparse_categorical_crossentropy"], metrics=[["mae"], ["accuracy"]])
h = m.fit(X, [YR, YC], epochs=1, validation_data=(X[:20], [YR[:20], YC[:20]]), **F)
out = [sorted(h.history), h.history, m.evaluate(X, [YR, YC], verbose=0, return_dict=True)]
""",
    "logs_of_own_list_unbuilt": """
class N(keras.Model):
    def __init__(self):
        super().__init__(); self.a = layers.Dense(1, name="p", kernel_initializer="ones"); self.b = layers.Dense(1, name="k", kernel_initializer="ones")
    def call(self, x):
        return [self.a(x), self.b(x)]
m = N(); m.compile("sgd", loss=["mse", "mae"], loss_weights=[1.0, 0.5], metrics=[["mae"], ["mse"]])
h = m.fit(X, [YR, YR], epochs=1, **F)
out = [sorted(h.history), h.history]
""",
    "logs_of_own_dict": """
class N(keras.Model):
    def __init__(self):
        super().__init__(); self.a = layers.Dense(1, name="p", kernel_initializer="ones"); self.b = layers.Dense(1, name="k", kernel_initializer="ones")
    def call(self, x):
        return {"u": self.a(x), "v": self.b(x)}
m = N(); m.compile("sgd", loss={"u": "mse", "v": "mae"}, metrics={"u": ["mae"], "v": ["mse"]})
h = m.fit(X, {"u": YR, "v": YR}, epochs=1, **F)
out = [sorted(h.history), h.history]
""",
    "logs_of_own_list_of_one": """
class N(keras.Model):
    def __init__(self):
        super().__init__(); self.a = layers.Dense(1, name="p", kernel_initializer="ones")
    def call(self, x):
        return [self.a(x)]
m = N(); m.compile("sgd", loss=["mse"])
h = m.fit(X, [YR], epochs=1, **F)
out = [sorted(h.history), h.history]
""",
    "logs_of_one_without_loss": """
x = keras.Input((8,)); h = layers.Dense(4)(x)
m = keras.Model(x, [layers.Dense(1, name="p")(h), layers.Dense(1, name="k")(h)])
det(m); m.compile("sgd", loss=["mse", None], metrics=[["mae"], ["mae"]])
h = m.fit(X, [YR, YR], epochs=1, **F)
out = [sorted(h.history), h.history]
""",
    "own_functions": """
from keras import ops
def l3(w):
    return 0.01 * ops.sum(ops.abs(w) ** 3)
def half(w):
    return ops.clip(w, -0.5, 0.5)
def start(shape, dtype=None):
    return ops.ones(shape, dtype=dtype) * 0.3
m = keras.Sequential([keras.Input((8,)), layers.Dense(4, kernel_regularizer=l3, kernel_constraint=half, bias_initializer=start, activity_regularizer=lambda y: 0.001 * ops.sum(y * y)), layers.Dense(1, kernel_regularizer=lambda w: 0.1 * ops.sum(ops.square(w)), bias_constraint=lambda b: b * 0.5)])
b = np.asarray(m.layers[0].bias).tolist(); det(m); m.compile("sgd", "mse")
out = [b, m.fit(X, YR, epochs=3, **F).history, np.asarray(m.layers[0].kernel).tolist(), m.evaluate(X, YR, verbose=0), np.asarray(m.layers[1].bias).tolist()]
""",
    "own_classes": """
from keras import ops
class L3(keras.regularizers.Regularizer):
    def __init__(self, s=0.01):
        self.s = s
    def __call__(self, x):
        return self.s * ops.sum(ops.power(ops.abs(x), 3))
    def get_config(self):
        return {"s": self.s}
class Centre(keras.constraints.Constraint):
    def __call__(self, w):
        return w - ops.mean(w, axis=0, keepdims=True)
class Tilted(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None, **kwargs):
        return ops.cast(ops.reshape(ops.arange(int(np.prod(shape))), shape), dtype or "float32") / 10
m = keras.Sequential([keras.Input((8,)), layers.Dense(4, kernel_regularizer=L3(), kernel_constraint=Centre(), kernel_initializer=Tilted()), layers.Dense(1, kernel_initializer=Tilted(), kernel_regularizer=L3(0.1))])
m.compile(keras.optimizers.SGD(0.001), "mse")
h = m.fit(X, YR, epochs=3, **F).history
path = os.path.join(tempfile.mkdtemp(), "m.keras"); m.save(path)
back = keras.models.load_model(path, custom_objects={"L3": L3, "Centre": Centre, "Tilted": Tilted})
out = [h, np.asarray(m.layers[0].kernel).tolist(), [float(l) for l in m.losses], back.layers[1].kernel_regularizer.s, back.evaluate(X, YR, verbose=0)]
""",
    "own_functions_saved": """
from keras import ops
def l3(w):
    return 0.01 * ops.sum(ops.abs(w) ** 3)
def half(w):
    return ops.clip(w, -0.5, 0.5)
m = keras.Sequential([keras.Input((8,)), layers.Dense(1, kernel_regularizer=l3, kernel_constraint=half)]); det(m); m.compile("sgd", "mse")
path = os.path.join(tempfile.mkdtemp(), "m.keras"); m.save(path)
back = keras.models.load_model(path, custom_objects={"l3": l3, "half": half})
out = [back.evaluate(X, YR, verbose=0), back.fit(X, YR, epochs=2, **F).history, m.layers[0].get_config()["kernel_regularizer"]["class_name"], m.layers[0].get_config()["kernel_regularizer"]["config"]]
""",
    "add_weight_functions": """
from keras import ops
class L(layers.Layer):
    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1], 1), initializer=lambda shape, dtype=None: ops.ones(shape, dtype=dtype), regularizer=lambda w: 0.01 * ops.sum(w ** 4), constraint=lambda w: ops.maximum(w, 0.2))
    def call(self, x):
        return x @ self.w
m = keras.Sequential([keras.Input((8,)), L()]); m.compile("sgd", "mse")
out = [m.fit(X, YR, epochs=2, **F).history, np.asarray(m.get_weights()[0]).tolist()]
""",
    "autoencoder_of_one_s_own": """
from keras import ops
class Sampling(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(1337)
    def call(self, inputs):
        z_mean, z_log_var = inputs
        batch = ops.shape(z_mean)[0]
        dim = ops.shape(z_mean)[1]
        epsilon = keras.random.normal(shape=(batch, dim), seed=self.seed_generator)
        return z_mean + ops.exp(0.5 * z_log_var) * epsilon * 0.0
class VAE(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.enc = layers.Dense(6, activation="relu"); self.mean = layers.Dense(2, name="z_mean"); self.var = layers.Dense(2, name="z_log_var")
        self.sampling = Sampling(); self.dec = keras.Sequential([layers.Dense(6, activation="relu"), layers.Dense(8)])
    def call(self, x):
        h = self.enc(x); m, v = self.mean(h), self.var(h)
        z = self.sampling((m, v))
        kl = -0.5 * ops.mean(v - ops.square(m) - ops.exp(v) + 1)
        self.add_loss(kl)
        return self.dec(z)
m = VAE(); m(X[:1]); det(m); m.compile(keras.optimizers.Adam(1e-2), loss=keras.losses.MeanSquaredError())
out = [m.fit(X, X, epochs=2, **F).history, m.predict(X[:2], verbose=0).tolist()]
""",
    "mlp_mixer_block": """
from keras import ops
class MLPMixer(layers.Layer):
    def __init__(self, num_patches, hidden_units, dropout_rate, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.mlp1 = keras.Sequential([layers.Dense(units=num_patches, activation="gelu"), layers.Dense(units=num_patches), layers.Dropout(rate=dropout_rate)])
        self.mlp2 = keras.Sequential([layers.Dense(units=num_patches, activation="gelu"), layers.Dense(units=hidden_units), layers.Dropout(rate=dropout_rate)])
        self.normalize = layers.LayerNormalization(epsilon=1e-6)
    def build(self, input_shape):
        return super().build(input_shape)
    def call(self, inputs):
        x = self.normalize(inputs)
        x_channels = ops.transpose(x, axes=(0, 2, 1))
        mlp1_outputs = self.mlp1(x_channels)
        mlp1_outputs = ops.transpose(mlp1_outputs, axes=(0, 2, 1))
        x = mlp1_outputs + inputs
        x_patches = self.normalize(x)
        mlp2_outputs = self.mlp2(x_patches)
        x = x + mlp2_outputs
        return x
x = keras.Input((4, 2)); h = MLPMixer(4, 2, 0.0)(x); m = keras.Model(x, layers.Dense(1)(layers.Flatten()(h)))
det(m); m.compile("sgd", "mse"); D = X.reshape(-1, 4, 2)
out = [m.fit(D, YR, epochs=2, **F).history, m.count_params(), m.predict(D[:2], verbose=0).tolist()]
""",
    "gated_mlp": """
from keras import ops
class gMLP(layers.Layer):
    def __init__(self, num_patches, embedding_dim, dropout_rate, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.channel_projection1 = keras.Sequential([layers.Dense(units=embedding_dim * 2, activation="gelu"), layers.Dropout(rate=dropout_rate)])
        self.channel_projection2 = layers.Dense(units=embedding_dim)
        self.spatial_projection = layers.Dense(units=num_patches, bias_initializer="Ones")
        self.normalize1 = layers.LayerNormalization(epsilon=1e-6); self.normalize2 = layers.LayerNormalization(epsilon=1e-6)
    def spatial_gating_unit(self, x):
        u, v = ops.split(x, indices_or_sections=2, axis=2)
        v = self.normalize2(v)
        v_channels = ops.transpose(v, axes=(0, 2, 1))
        v_projected = self.spatial_projection(v_channels)
        v_projected = ops.transpose(v_projected, axes=(0, 2, 1))
        return u * v_projected
    def call(self, inputs):
        x = self.normalize1(inputs)
        x_projected = self.channel_projection1(x)
        x_spatial = self.spatial_gating_unit(x_projected)
        x_projected = self.channel_projection2(x_spatial)
        return inputs + x_projected
x = keras.Input((4, 2)); m = keras.Model(x, layers.GlobalAveragePooling1D()(gMLP(4, 2, 0.0)(x)) if hasattr(layers, "GlobalAveragePooling1D") else layers.Lambda(lambda t: ops.mean(t, axis=1))(gMLP(4, 2, 0.0)(x)))
det(m); m.compile("sgd", "mse"); D = X.reshape(-1, 4, 2)
out = [m.fit(D, X[:, :2], epochs=2, **F).history, m.count_params()]
""",
    "variable_selection": """
from keras import ops
class GatedLinearUnit(layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.linear = layers.Dense(units)
        self.sigmoid = layers.Dense(units, activation="sigmoid")
    def call(self, inputs):
        return self.linear(inputs) * self.sigmoid(inputs)
class GatedResidualNetwork(layers.Layer):
    def __init__(self, units, dropout_rate):
        super().__init__()
        self.units = units
        self.elu_dense = layers.Dense(units, activation="elu")
        self.linear_dense = layers.Dense(units)
        self.dropout = layers.Dropout(dropout_rate)
        self.gated_linear_unit = GatedLinearUnit(units)
        self.layer_norm = layers.LayerNormalization()
        self.project = layers.Dense(units)
    def call(self, inputs):
        x = self.elu_dense(inputs)
        x = self.linear_dense(x)
        x = self.dropout(x)
        if inputs.shape[-1] != self.units:
            inputs = self.project(inputs)
        x = inputs + self.gated_linear_unit(x)
        x = self.layer_norm(x)
        return x
class VariableSelection(layers.Layer):
    def __init__(self, num_features, units, dropout_rate):
        super().__init__()
        self.grns = list()
        for idx in range(num_features):
            grn = GatedResidualNetwork(units, dropout_rate)
            self.grns.append(grn)
        self.grn_concat = GatedResidualNetwork(units, dropout_rate)
        self.softmax = layers.Dense(units=num_features, activation="softmax")
    def call(self, inputs):
        v = layers.concatenate(inputs)
        v = self.grn_concat(v)
        v = ops.expand_dims(self.softmax(v), axis=-1)
        x = []
        for idx, input in enumerate(inputs):
            x.append(self.grns[idx](input))
        x = ops.stack(x, axis=1)
        outputs = ops.squeeze(ops.matmul(ops.transpose(v, axes=[0, 2, 1]), x), axis=1)
        return outputs
ins = [keras.Input((2,)) for _ in range(4)]
m = keras.Model(ins, layers.Dense(1)(VariableSelection(4, 3, 0.0)(ins))); det(m); m.compile("sgd", "mse")
D = [X[:, 2 * i : 2 * i + 2] for i in range(4)]
out = [m.fit(D, YR, epochs=2, **F).history, m.count_params(), [list(w.shape) for w in m.weights]]
""",
    "deep_and_cross": """
from keras import ops
class Cross(layers.Layer):
    def __init__(self, projection_dim=None, **kwargs):
        super().__init__(**kwargs)
        self.projection_dim = projection_dim
    def build(self, input_shape):
        last_dim = input_shape[-1]
        if self.projection_dim is None:
            self._dense = layers.Dense(last_dim)
        else:
            self._dense_u = layers.Dense(self.projection_dim, use_bias=False)
            self._dense_v = layers.Dense(last_dim)
        self.built = True
    def call(self, x0, x=None):
        if x is None:
            x = x0
        prod = self._dense(x) if self.projection_dim is None else self._dense_v(self._dense_u(x))
        return x0 * prod + x
    def get_config(self):
        config = super().get_config(); config.update({"projection_dim": self.projection_dim}); return config
class DCN(keras.Model):
    def __init__(self):
        super().__init__()
        self.crosses = [Cross(3), Cross(), Cross(2)]; self.logit = layers.Dense(1)
    def call(self, x):
        h = None
        for c in self.crosses:
            h = c(x) if h is None else c(x, h)
        return self.logit(h)
m = DCN(); m(X[:1]); det(m); m.compile(keras.optimizers.SGD(0.0001), "mse")
out = [m.fit(X, YR, epochs=2, **F).history, m.count_params()]
""",
    "transformer_block": """
from keras import ops
class MHA(layers.Layer):
    def __init__(self, dim, heads):
        super().__init__()
        self.dim, self.heads = dim, heads
        self.qkv = layers.Dense(3 * dim); self.o = layers.Dense(dim)
    def call(self, x, causal=False):
        B, T = ops.shape(x)[0], x.shape[1]
        q, k, v = ops.split(ops.reshape(self.qkv(x), (-1, T, 3 * self.heads, self.dim // self.heads)), 3, axis=2)
        q, k, v = (ops.transpose(t, (0, 2, 1, 3)) for t in (q, k, v))
        s = ops.matmul(q, ops.swapaxes(k, -1, -2)) / np.sqrt(self.dim // self.heads)
        if causal:
            i = ops.arange(T)[:, None]; j = ops.arange(T)[None]
            s = ops.where(i >= j, s, -1e9)
        a = ops.softmax(s, axis=-1)
        return self.o(ops.reshape(ops.transpose(ops.matmul(a, v), (0, 2, 1, 3)), (-1, T, self.dim)))
class Block(layers.Layer):
    def __init__(self, dim, heads, ff, rate=0.0):
        super().__init__()
        self.att = MHA(dim, heads); self.ffn = keras.Sequential([layers.Dense(ff, activation="relu"), layers.Dense(dim)])
        self.n1 = layers.LayerNormalization(epsilon=1e-6); self.n2 = layers.LayerNormalization(epsilon=1e-6); self.d1 = layers.Dropout(rate)
    def call(self, inputs, training=None, causal=False):
        a = self.d1(self.att(inputs, causal=causal), training=training)
        out1 = self.n1(inputs + a)
        return self.n2(out1 + self.ffn(out1))
x = keras.Input((4, 2)); b = Block(2, 1, 4); m = keras.Model(x, layers.Dense(1)(layers.Flatten()(b(b(x, causal=True))))); det(m); m.compile("sgd", "mse"); D = X.reshape(-1, 4, 2)
out = [m.fit(D, YR, epochs=2, **F).history, m.count_params(), m.predict(D[:2], verbose=0).tolist()]
""",
    "rbf_and_antirectifier": """
from keras import ops
class Antirectifier(layers.Layer):
    def __init__(self, initializer="he_normal", **kwargs):
        super().__init__(**kwargs)
        self.initializer = keras.initializers.get(initializer)
    def build(self, input_shape):
        output_dim = input_shape[-1]
        self.kernel = self.add_weight(shape=(output_dim * 2, output_dim), initializer=self.initializer, name="kernel", trainable=True)
    def call(self, inputs):
        inputs -= ops.mean(inputs, axis=-1, keepdims=True)
        pos = ops.relu(inputs); neg = ops.relu(-inputs)
        concatenated = ops.concatenate([pos, neg], axis=-1)
        mixed = ops.matmul(concatenated, self.kernel)
        return mixed
    def get_config(self):
        base_config = super().get_config()
        config = {"initializer": keras.initializers.serialize(self.initializer)}
        return dict(list(base_config.items()) + list(config.items()))
class RBF(layers.Layer):
    def __init__(self, units, gamma):
        super().__init__()
        self.units, self.gamma = units, keras.ops.convert_to_tensor(gamma)
    def build(self, s):
        self.mu = self.add_weight(name="mu", shape=(int(s[1]), self.units), initializer="uniform", trainable=True)
        super().build(s)
    def call(self, x):
        d = ops.expand_dims(x, -1) - self.mu
        return ops.exp(-1 * self.gamma * ops.sum(ops.power(d, 2), axis=1))
    def compute_output_shape(self, s):
        return (s[0], self.units)
m = keras.Sequential([keras.Input((8,)), Antirectifier(), RBF(4, 0.3), layers.Dense(1)]); det(m); m.compile("sgd", "mse")
out = [m.fit(X, YR, epochs=2, **F).history, m.layers[0].get_config()["initializer"]["class_name"], m.count_params()]
""",
    "activity_in_layers": """
from keras import ops
class ActivityRegularizationLayer(layers.Layer):
    def call(self, inputs):
        self.add_loss(1e-2 * ops.sum(inputs)); return inputs
class OuterLayer(layers.Layer):
    def __init__(self):
        super().__init__(); self.activity_reg = ActivityRegularizationLayer(); self.dense = layers.Dense(4, kernel_regularizer=keras.regularizers.l2(1e-3))
    def call(self, inputs):
        return self.activity_reg(self.dense(inputs))
m = keras.Sequential([keras.Input((8,)), OuterLayer(), layers.Dense(1)]); det(m); m.compile("sgd", "mse")
out = [m.fit(X, YR, epochs=2, **F).history, len(m.layers[0].weights), m.evaluate(X, YR, verbose=0)]
""",
    "lazy_state_and_config": """
class MyDense(layers.Layer):
    def __init__(self, units=32, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.units = units; self.activation = keras.activations.get(activation)
    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="glorot_uniform", trainable=True)
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", trainable=True)
    def call(self, inputs):
        return self.activation(keras.ops.matmul(inputs, self.w) + self.b)
    def get_config(self):
        config = super().get_config()
        config.update({"units": self.units, "activation": keras.activations.serialize(self.activation)})
        return config
l = MyDense(4, "tanh", name="mine"); c = l.get_config(); n = MyDense.from_config(c)
m = keras.Sequential([keras.Input((8,)), n, MyDense(1)]); det(m); m.compile("sgd", "mse")
out = [m.fit(X, YR, epochs=2, **F).history, c["units"], c["activation"], c["name"], n.name]
""",
    "mixture_of_experts": """
from keras import ops
class MoE(keras.Model):
    def __init__(self, n_experts, units, **kwargs):
        super().__init__(**kwargs)
        self.experts = [keras.Sequential([layers.Dense(units, activation="relu"), layers.Dense(1)]) for _ in range(n_experts)]
        self.gate = layers.Dense(n_experts, activation="softmax")
    def call(self, x):
        g = self.gate(x)
        e = ops.concatenate([ex(x) for ex in self.experts], axis=-1)
        self.add_loss(0.01 * ops.sum(ops.square(ops.mean(g, axis=0))))
        return ops.sum(g * e, axis=-1, keepdims=True)
m = MoE(3, 4); m(X[:1]); det(m); m.compile("adam", "mse", metrics=["mae"])
out = [m.fit(X, YR, epochs=2, **F).history, m.evaluate(X, YR, verbose=0), m.count_params()]
""",
    "neural_ode": """
from keras import ops
class ODE(layers.Layer):
    def __init__(self, steps=4, h=0.1):
        super().__init__()
        self.count, self.h = steps, h; self.f = keras.Sequential([layers.Dense(8, activation="tanh"), layers.Dense(8)])
    def call(self, x):
        for _ in range(self.count):
            k1 = self.f(x); k2 = self.f(x + self.h * k1)
            x = x + 0.5 * self.h * (k1 + k2)
        return x
m = keras.Sequential([keras.Input((8,)), ODE(), layers.Dense(1)]); det(m); m.compile("sgd", "mse")
out = [m.fit(X, YR, epochs=2, **F).history, m.count_params()]
""",
    "layers_as_they_became_attributes": """
class N(keras.Model):
    def __init__(self):
        super().__init__()
        self.z = [layers.Dense(2), layers.Dense(3)]; self.a = layers.Dense(4); self.d = {"q": layers.Dense(5), "p": layers.Dense(6)}; self.b = layers.Dense(1)
    def call(self, x):
        x = self.a(x); x = self.z[1](self.z[0](x)); x = self.d["p"](self.d["q"](x)); return self.b(x)
m = N(); m(X[:1]); out = [[list(w.shape) for w in m.weights], [[list(w.shape) for w in l.weights] for l in m.layers]]
""",
}
