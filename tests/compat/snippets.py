"""Programs as people write them for Keras, one table; each leaves what it found in `out`.

They say `import keras`; `run` puts the package of your choice in its place. PRELUDE makes the data, and `det(model)`
gives a model weights that do not depend on chance.
"""

# ruff: noqa: E501
# The lines are as long as people write them.

from __future__ import annotations

import re
from typing import Any

import numpy as np

from .own_snippets import OWN_SNIPPETS
from .way_snippets import WAY_SNIPPETS

PRELUDE = """
import os, tempfile, math, json
import numpy as np
import keras
from keras import layers
R = np.random.RandomState(0)
X = R.normal(size=(120, 8)).astype("float32")
YB = (X[:, 0] + X[:, 1] > 0).astype("int32")
YC = (np.abs(X[:, 0]*2).astype(int) % 3)
YR = (X @ R.normal(size=(8,)) + 1).astype("float32")
def det(model):
    r = np.random.RandomState(1)
    model.set_weights([np.abs(r.normal(size=w.shape)*0.3) if i%4==3 else r.normal(size=w.shape)*0.3 for i, w in enumerate(model.get_weights())])
    return model
def small(act="sigmoid", n=1, loss="binary_crossentropy", metrics=("accuracy",), opt="sgd", **kw):
    m = keras.Sequential([keras.Input(shape=(8,)), layers.Dense(6, activation="tanh"), layers.Dense(n, activation=act)])
    m.compile(optimizer=opt, loss=loss, metrics=list(metrics), **kw)
    return det(m)
F = dict(batch_size=16, shuffle=False, verbose=0)
"""

SNIPPETS = {
    "mnist_mlp": """
from keras.models import Sequential
from keras.layers import Dense, Dropout
from keras.optimizers import RMSprop
x_train = np.random.RandomState(3).rand(200, 28, 28); y_train = np.random.RandomState(4).randint(0, 10, 200)
x_train = x_train.reshape(200, 784).astype("float32") / 255
y_train = keras.utils.to_categorical(y_train, 10)
model = Sequential()
model.add(Dense(32, activation="relu", input_shape=(784,)))
model.add(Dropout(0.0))
model.add(Dense(32, activation="relu"))
model.add(Dense(10, activation="softmax"))
model.summary(print_fn=lambda s: None)
model.compile(loss="categorical_crossentropy", optimizer=RMSprop(), metrics=["accuracy"])
det(model)
history = model.fit(x_train, y_train, batch_size=128, epochs=2, verbose=0, validation_data=(x_train, y_train), shuffle=False)
score = model.evaluate(x_train, y_train, verbose=0)
out = [sorted(history.history), history.history["loss"], history.history["val_accuracy"], score[0], score[1], history.epoch]
""",
    "boston": """
def build_model():
    model = keras.Sequential([layers.Dense(64, activation="relu"), layers.Dense(64, activation="relu"), layers.Dense(1)])
    model.compile(optimizer="rmsprop", loss="mse", metrics=["mae"])
    return model
x = X.astype("float64").copy()
mean = x.mean(axis=0); x -= mean; std = x.std(axis=0); x /= std
m = build_model(); m.build((None, 8)); det(m)
h = m.fit(x, YR, epochs=3, batch_size=1, shuffle=False, verbose=0, validation_data=(x, YR))
out = [h.history["mae"], h.history["val_mae"], m.evaluate(x, YR, verbose=0), m.predict(x, verbose=0).shape, sorted(h.history)]
""",
    "reuters_sparse": """
m = keras.Sequential([layers.Dense(16, activation="relu"), layers.Dense(3, activation="softmax")])
m.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
m.build(input_shape=(None, 8)); det(m)
h = m.fit(X, YC, epochs=2, validation_split=0.25, **F)
p = m.predict(X, verbose=0)
out = [h.history, p.dtype.name, p.shape, int(np.argmax(p[0])), float(np.sum(p[0]))]
""",
    "weighted": """
m = small(weighted_metrics=["accuracy"], metrics=["mae"])
h = m.fit(X, YB, sample_weight=np.linspace(0, 1, 120), validation_data=(X, YB, np.ones(120)), **F)
out = [h.history, m.evaluate(X, YB, sample_weight=np.linspace(0,1,120), verbose=0, return_dict=True)]
""",
    "class_weight": """
m = small()
h = m.fit(X, YB, class_weight={0: 1.0, 1: 5.0}, epochs=2, **F)
out = h.history
""",
    "weights_api": """
m = small()
l = m.layers[0]
W, b = l.get_weights()
out = [W.shape, b.shape, len(l.weights), [v.name for v in l.weights], [v.path.split("/")[-1] for v in l.weights], [tuple(v.shape) for v in m.weights], l.kernel.numpy(), np.array(l.bias), str(l.kernel.dtype), [bool(v.trainable) for v in m.weights], len(m.trainable_weights), len(m.non_trainable_weights), len(m.trainable_variables), len(m.variables)]
""",
    "assign": """
m = small()
l = m.layers[0]
l.kernel.assign(np.ones((8, 6)))
l.bias.assign(l.bias * 0 + 0.5)
l.bias.assign_add(np.ones(6))
l.kernel.assign_sub(np.full((8, 6), .25))
out = [m.predict(X[:3], verbose=0), l.get_weights()[1], l.bias.value.shape]
""",
    "assign_all": """
m = small(); m2 = small()
for a, b in zip(m.weights, m2.weights):
    a.assign(b * 0.5 + 0.25)
m.trainable_variables[0].assign(np.zeros((8, 6)))
out = m.predict(X[:3], verbose=0)
""",
    "ema_teacher": """
student = small(); teacher = keras.models.clone_model(student)
teacher.set_weights(student.get_weights())
student.fit(X, YB, **F)
for s_, t_ in zip(student.weights, teacher.weights):
    t_.assign(0.9 * t_ + 0.1 * s_)
out = teacher.predict(X[:2], verbose=0)
""",
    "layer_call": """
l = layers.Dense(4, kernel_initializer="ones", bias_initializer="zeros")
y = l(X)
out = [tuple(y.shape), np.asarray(y), l.built, len(l.weights), l.units]
""",
    "call_numpy": """
m = small()
y = m(X[:4])
y2 = m(X[:4], training=False)
out = [np.array(y), np.array(y2), float(y[0, 0])]
""",
    "lr_value": """
m = small()
out = [float(m.optimizer.learning_rate.value if hasattr(m.optimizer.learning_rate, "value") else m.optimizer.learning_rate), int(m.optimizer.iterations), "%.4f" % m.optimizer.learning_rate, f"{float(m.optimizer.learning_rate):.3f}", float(m.optimizer.learning_rate * 2)]
""",
    "lr_callback": """
class LRPrinter(keras.callbacks.Callback):
    def __init__(self):
        super().__init__(); self.lrs = []
    def on_epoch_begin(self, epoch, logs=None):
        if not hasattr(self.model.optimizer, "learning_rate"):
            raise ValueError('Optimizer must have a "learning_rate" attribute.')
        lr = float(np.array(self.model.optimizer.learning_rate))
        new = lr if epoch == 0 else lr * 0.5
        self.model.optimizer.learning_rate.assign(new)
        self.lrs.append(new)
m = small(); c = LRPrinter()
h = m.fit(X, YB, epochs=3, callbacks=[c], **F)
out = [c.lrs, h.history]
""",
    "clear_session": """
keras.backend.clear_session()
keras.utils.clear_session()
keras.utils.set_random_seed(812)
out = [keras.config.floatx(), keras.config.epsilon(), keras.backend.floatx(), keras.backend.epsilon()]
""",
    "seed_repro": """
r = []
for _ in range(2):
    keras.utils.set_random_seed(1)
    m = keras.Sequential([layers.Dense(3, input_shape=(8,)), layers.Dropout(0.5), layers.Dense(1)])
    m.compile("adam", "mse")
    r.append(m.fit(X, YR, verbose=0).history["loss"][0])
out = r[0] == r[1]
""",
    "custom_callback": """
log = []
class C(keras.callbacks.Callback):
    def on_train_begin(self, logs=None): log.append(("tb", sorted(logs or {})))
    def on_epoch_begin(self, epoch, logs=None): log.append(("eb", epoch, sorted(logs or {})))
    def on_train_batch_begin(self, batch, logs=None): log.append(("bb", batch))
    def on_train_batch_end(self, batch, logs=None): log.append(("be", batch, sorted(logs)))
    def on_test_begin(self, logs=None): log.append(("teb",))
    def on_test_batch_end(self, batch, logs=None): log.append(("tbe", batch, sorted(logs)))
    def on_test_end(self, logs=None): log.append(("tee", sorted(logs or {})))
    def on_epoch_end(self, epoch, logs=None): log.append(("ee", epoch, sorted(logs)))
    def on_train_end(self, logs=None): log.append(("te", sorted(logs or {})))
    def on_predict_begin(self, logs=None): log.append(("pb",))
    def on_predict_batch_end(self, batch, logs=None): log.append(("pbe", batch, sorted(logs)))
    def on_predict_end(self, logs=None): log.append(("pe",))
m = small()
m.fit(X, YB, epochs=2, validation_split=.5, callbacks=[C()], **F)
m.evaluate(X, YB, callbacks=[C()], verbose=0)
m.predict(X, callbacks=[C()], verbose=0)
out = log
""",
    "early_stopping": """
m = small(opt=keras.optimizers.SGD(5.0))
es = keras.callbacks.EarlyStopping(monitor="val_loss", patience=2, restore_best_weights=True, mode="min", min_delta=1e-4, verbose=0)
h = m.fit(X, YB, epochs=30, validation_data=(X[:30], 1-YB[:30]), callbacks=[es], **F)
out = [len(h.history["loss"]), es.stopped_epoch, es.best_epoch, es.best, m.predict(X[:2], verbose=0)]
""",
    "reduce_lr": """
m = small(opt=keras.optimizers.SGD(0.5))
cb = keras.callbacks.ReduceLROnPlateau(monitor="val_loss", factor=0.2, patience=1, min_lr=0.001)
h = m.fit(X, YB, epochs=6, validation_data=(X[:30], 1-YB[:30]), callbacks=[cb], **F)
out = [sorted(h.history), h.history["learning_rate"]]
""",
    "lr_scheduler": """
def scheduler(epoch, lr):
    if epoch < 2:
        return lr
    return lr * math.exp(-0.1)
m = small()
h = m.fit(X, YB, epochs=4, callbacks=[keras.callbacks.LearningRateScheduler(scheduler)], **F)
out = [h.history["learning_rate"], round(float(m.optimizer.learning_rate), 5)]
""",
    "checkpoint": """
d = tempfile.mkdtemp()
m = small()
cb = [keras.callbacks.ModelCheckpoint(filepath=os.path.join(d, "model.{epoch:02d}-{val_loss:.2f}.keras")),
      keras.callbacks.ModelCheckpoint(os.path.join(d, "best.keras"), save_best_only=True, monitor="val_accuracy", mode="max"),
      keras.callbacks.ModelCheckpoint(os.path.join(d, "w.weights.h5"), save_weights_only=True, save_freq=3),
      keras.callbacks.CSVLogger(os.path.join(d, "log.csv")), keras.callbacks.TerminateOnNaN()]
m.fit(X, YB, epochs=2, validation_data=(X, YB), callbacks=cb, **F)
m2 = keras.models.load_model(os.path.join(d, "best.keras"))
m.load_weights(os.path.join(d, "w.weights.h5"))
out = [sorted(os.listdir(d)), open(os.path.join(d, "log.csv")).readline().strip(), m2.predict(X[:2], verbose=0).shape]
""",
    "lambda_cb": """
seen = []
cb = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append((epoch, sorted(logs))))
m = small(); m.fit(X, YB, epochs=2, callbacks=[cb], **F)
out = seen
""",
    "stop_training": """
class Stop(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        if logs.get("loss") < 100: self.model.stop_training = True
m = small(); h = m.fit(X, YB, epochs=5, callbacks=Stop(), **F)
out = h.epoch
""",
    "swap_model_attr": """
class C(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs={}):
        out.append([self.params["epochs"], self.params["steps"], self.model.layers[0].name is not None])
out = []
m = small(); m.fit(X, YB, callbacks=[C()], **F)
""",
    "generator_unbuilt": """
def gen():
    while True:
        for i in range(0, 96, 32):
            yield X[i:i+32], YB[i:i+32]
m = keras.Sequential([layers.Dense(4, kernel_initializer="ones"), layers.Dense(1, kernel_initializer="ones")])
m.compile("sgd", "mse")
h = m.fit(gen(), steps_per_epoch=3, epochs=2, verbose=0)
out = h.history
""",
    "pydataset": """
class Seq(keras.utils.PyDataset):
    def __init__(self, x, y, batch_size, **kwargs):
        super().__init__(**kwargs)
        self.x, self.y, self.batch_size = x, y, batch_size
    def __len__(self):
        return math.ceil(len(self.x) / self.batch_size)
    def __getitem__(self, idx):
        low = idx * self.batch_size
        high = min(low + self.batch_size, len(self.x))
        return self.x[low:high], self.y[low:high]
m = small()
h = m.fit(Seq(X, YB, 32, workers=1, use_multiprocessing=False), epochs=2, shuffle=False, verbose=0, validation_data=Seq(X, YB, 32))
out = [h.history, m.evaluate(Seq(X, YB, 50), verbose=0), m.predict(Seq(X, YB, 50), verbose=0).shape]
""",
    "sequence_alias": """
class Seq(keras.utils.Sequence):
    def __len__(self): return 3
    def __getitem__(self, i): return X[i*40:(i+1)*40], YB[i*40:(i+1)*40]
m = small()
out = m.fit(Seq(), shuffle=False, verbose=0).history
""",
    "initial_epoch": """
m = small()
h = m.fit(X, YB, epochs=5, initial_epoch=3, **F)
h2 = m.fit(X, YB, epochs=3, initial_epoch=3, **F)
out = [h.epoch, h.params["epochs"], h2.epoch, h2.history]
""",
    "history_params": """
m = small(); h = m.fit(X, YB, epochs=2, **F)
out = [h.params["epochs"], h.params["steps"], h.params["verbose"], h.model is m, m.history is h]
""",
    "steps_per_epoch": """
m = small()
h = m.fit(X, YB, epochs=2, steps_per_epoch=3, validation_data=(X, YB), validation_steps=2, **F)
out = h.history
""",
    "train_on_batch": """
m = small()
r = []
for i in range(3):
    r.append([float(v) for v in m.train_on_batch(X[i*32:(i+1)*32], YB[i*32:(i+1)*32])])
m.reset_metrics()
d = m.train_on_batch(X[:32], YB[:32], return_dict=True)
t = m.test_on_batch(X[:32], YB[:32])
out = [r, sorted(d), {k: float(v) for k, v in d.items()}, [float(v) for v in t], m.predict_on_batch(X[:5])]
""",
    "json": """
m = small()
j = m.to_json()
m2 = keras.models.model_from_json(j)
c = m.get_config()
m3 = keras.Sequential.from_config(c)
m4 = keras.models.clone_model(m)
m5 = m.__class__.from_config(m.get_config())
out = [json.loads(j)["class_name"], sorted(c), [l["class_name"] for l in c["layers"]], m2.count_params(), m3.count_params(), [w.shape for w in m4.get_weights()], m5.output_shape]
""",
    "opt_decay_args": """
o = keras.optimizers.SGD(learning_rate=keras.optimizers.schedules.ExponentialDecay(initial_learning_rate=1e-2, decay_steps=10000, decay_rate=0.9), momentum=0.9, nesterov=True)
out = [float(o.learning_rate), o.momentum, o.nesterov]
""",
    "schedules": """
sch = keras.optimizers.schedules
out = [float(f(step)) for f in [sch.ExponentialDecay(0.1, 10, 0.9, staircase=True), sch.PiecewiseConstantDecay(boundaries=[5, 10], values=[1.0, 0.5, 0.1]), sch.PolynomialDecay(0.1, 10, 0.01, power=0.5), sch.InverseTimeDecay(0.1, 10, 0.5), sch.CosineDecay(0.0, 10, warmup_target=0.1, warmup_steps=5, alpha=.1), sch.CosineDecayRestarts(0.1, 4)] for step in (0, 3, 7, 20)]
""",
    "custom_schedule": """
class MyLRSchedule(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, initial_learning_rate):
        self.initial_learning_rate = initial_learning_rate
    def __call__(self, step):
        return self.initial_learning_rate / (step + 1)
    def get_config(self):
        return {"initial_learning_rate": self.initial_learning_rate}
m = small(opt=keras.optimizers.SGD(learning_rate=MyLRSchedule(0.1)))
h = m.fit(X, YB, **F)
out = [h.history, float(m.optimizer.learning_rate)]
""",
    "custom_metric_fn": """
def my_mae(y_true, y_pred):
    return abs(y_true - y_pred).mean(-1)
m = small(metrics=["mse", my_mae])
out = m.fit(X, YB.reshape(-1, 1).astype("float32"), **F).history
""",
    "regularizers": """
m = keras.Sequential([keras.Input((8,)), layers.Dense(6, "relu", kernel_regularizer=keras.regularizers.l2(0.01), bias_regularizer=keras.regularizers.L1(1e-3), activity_regularizer=keras.regularizers.l1_l2(l1=1e-3, l2=1e-3)), layers.Dense(1, kernel_regularizer="l1", kernel_constraint=keras.constraints.MaxNorm(2))])
m.compile("sgd", "mse"); det(m)
out = [m.fit(X, YR, **F).history, [float(v) for v in m.losses][:0], keras.regularizers.L2(0.01).get_config(), float(np.array(keras.regularizers.l2(0.1)(np.ones((2, 2)))))]
""",
    "losses_attr": """
m = keras.Sequential([keras.Input((8,)), layers.Dense(6, kernel_regularizer=keras.regularizers.l2(0.01)), layers.Dense(1, kernel_regularizer="l1")])
det(m)
out = [[float(v) for v in m.losses], [float(v) for v in m.layers[0].losses]]
""",
    "bn": """
m = keras.Sequential([keras.Input((8,)), layers.Dense(6), layers.BatchNormalization(), layers.Activation("relu"), layers.Dense(1)])
m.compile("sgd", "mse"); det(m)
h = m.fit(X, YR, epochs=2, **F)
bn = m.layers[1]
out = [h.history, np.array(bn.moving_mean), np.array(bn.gamma), np.array(bn.moving_variance), [v.name for v in bn.weights], [v.name for v in bn.non_trainable_weights], len(m.non_trainable_variables), [v.name for v in bn.trainable_variables]]
""",
    "freeze": """
m = small(); m.layers[0].trainable = False
m.compile("sgd", "binary_crossentropy")
w0 = m.layers[0].get_weights()[0]
m.fit(X, YB, **F)
out = [np.array_equal(w0, m.layers[0].get_weights()[0]), len(m.trainable_weights), len(m.non_trainable_weights), m.layers[0].trainable, len(m.layers[0].trainable_weights), [v.trainable for v in m.layers[0].weights]]
m.trainable = True
out.append(len(m.trainable_weights))
""",
    "normalization_adapt": """
norm = layers.Normalization(axis=-1)
norm.adapt(X)
m = keras.Sequential([norm, layers.Dense(4, activation="relu"), layers.Dense(1)])
m.compile(optimizer=keras.optimizers.Adam(0.1), loss="mean_absolute_error")
m.build((None, 8))
out = [np.array(norm(X[:2])), np.array(norm.mean), np.array(norm.variance), m.predict(X[:3], verbose=0).shape, [tuple(w.shape) for w in norm.get_weights()]]
""",
    "normalization_1d": """
hp = np.array(X[:, 0])
n = layers.Normalization(input_shape=[1,], axis=None)
n.adapt(hp)
m = keras.Sequential([n, layers.Dense(units=1)])
m.compile(optimizer=keras.optimizers.Adam(learning_rate=0.1), loss="mean_absolute_error")
out = m.fit(hp, YR, epochs=2, verbose=0, validation_split=0.2).history.keys() == {"loss", "val_loss"}
""",
    "summary": """
lines = []
m = small()
m.summary(print_fn=lambda s, line_break=True: lines.append(s))
t = "\\n".join(lines)
out = ["Total params" in t, "Trainable params: 61" in t, "Layer (type)" in t, "(None, 6)" in t, "Param #" in t]
""",
    "summary_unbuilt": """
lines = []
m = keras.Sequential([layers.Dense(3), layers.Dense(4)])
m.summary(print_fn=lambda s, line_break=True: lines.append(s))
out = len(lines) > 0
""",
    "unbuilt_weights": """
m = keras.Sequential([layers.Dense(3), layers.Dense(4)])
a = len(m.weights)
m.build((None, 8))
out = [a, len(m.weights), m.built]
""",
    "names": """
keras.backend.clear_session()
m = keras.Sequential(name="my_sequential")
m.add(layers.Dense(64, activation="relu", name="layer1")); m.add(layers.Dense(2)); m.add(layers.Dense(2))
m.build((None, 8))
out = [m.name, m.get_layer("layer1").name, m.get_layer(index=1).name, [l.name for l in m.layers], m.get_layer(name="layer1").units, len(m.layers)]
m.pop(); out.append(len(m.layers))
""",
    "custom_objects_load": """
d = tempfile.mkdtemp()
def custom_metric(y_true, y_pred): return abs(y_true - y_pred)
m = small(metrics=[custom_metric]); m.fit(X, YB.astype("float32"), **F)
m.save(os.path.join(d, "a.keras"))
m2 = keras.models.load_model(os.path.join(d, "a.keras"), custom_objects={"custom_metric": custom_metric})
m3 = keras.models.load_model(os.path.join(d, "a.keras"), compile=False)
with keras.saving.custom_object_scope({"custom_metric": custom_metric}):
    m4 = keras.models.load_model(os.path.join(d, "a.keras"))
with keras.utils.CustomObjectScope({"custom_metric": custom_metric}):
    m5 = keras.models.load_model(os.path.join(d, "a.keras"))
out = [len(m2.evaluate(X, YB, verbose=0)), m3.compiled, len(m4.weights), len(m5.weights)]
""",
    "utils": """
out = [keras.utils.to_categorical([0, 1, 2, 3], num_classes=4), keras.utils.normalize(np.array([[3., 4.]])), keras.utils.pack_x_y_sample_weight(1, 2), keras.utils.unpack_x_y_sample_weight((1, 2))]
""",
    "activations": """
A = keras.activations
x = np.array([-3., -1., 0., 2.], "float32")
out = [np.array(getattr(A, n)(x)) for n in ["relu", "sigmoid", "tanh", "elu", "selu", "gelu", "softplus", "softsign", "silu", "swish" if hasattr(A, "swish") else "silu", "hard_sigmoid", "mish", "exponential", "linear", "leaky_relu", "relu6", "log_sigmoid"]]
out += [np.array(A.softmax(x[None])), np.array(A.relu(x, negative_slope=0.5)), np.array(A.get("relu")(x)), np.array(layers.Dense(2, activation=A.relu, kernel_initializer="ones")(x[None])), np.array(layers.Activation(keras.activations.tanh)(x[None])), A.serialize(A.relu), A.get(None)(x), A.deserialize("tanh")(x)]
""",
    "act_attr": """
out = [layers.Dense(2, activation="relu").activation.__name__, keras.activations.relu.__name__, layers.Activation("tanh").activation.__name__]
""",
    "activation_identity": """
out = [layers.Dense(2, activation="relu").activation is keras.activations.relu, layers.Dense(2, activation="relu").activation == keras.activations.relu, layers.Dense(2).activation == keras.activations.linear]
""",
    "verbose2": """
import io, contextlib
b = io.StringIO()
m = small()
with contextlib.redirect_stdout(b):
    m.fit(X, YB, epochs=2, batch_size=16, shuffle=False, verbose=2)
    m.evaluate(X, YB, verbose=2)
t = b.getvalue()
out = ["Epoch 1/2" in t, "loss" in t, "accuracy" in t]
""",
    "validation_list": """
m = small()
h = m.fit(X.tolist(), YB.tolist() if False else np.array(YB.tolist()), validation_data=[X, YB], **F) if False else m.fit(X, YB, validation_data=(X, YB), validation_freq=2, epochs=4, **F)
out = [len(h.history["val_loss"]), len(h.history["loss"])]
""",
    "multi_fit_history": """
m = small()
h1 = m.fit(X, YB, epochs=1, **F); h2 = m.fit(X, YB, epochs=2, **F)
out = [h1.history, h2.history, m.history.history == h2.history]
""",
    "model_in_model": """
enc = keras.Sequential([keras.Input((8,)), layers.Dense(4, activation="relu"), layers.Dense(2)], name="encoder")
dec = keras.Sequential([keras.Input((2,)), layers.Dense(4, activation="relu"), layers.Dense(8)], name="decoder")
ae = keras.Sequential([enc, dec]); ae.compile("adam", "mse"); ae.build((None, 8)); det(ae)
h = ae.fit(X, X, epochs=2, **F)
out = [h.history, enc.predict(X[:2], verbose=0), [tuple(w.shape) for w in ae.weights], len(ae.layers)]
""",
    "kfold": """
k = 4; num = len(X) // k; scores = []
for i in range(k):
    vx, vy = X[i*num:(i+1)*num], YR[i*num:(i+1)*num]
    px = np.concatenate([X[:i*num], X[(i+1)*num:]], axis=0); py = np.concatenate([YR[:i*num], YR[(i+1)*num:]], axis=0)
    m = small(act=None, loss="mse", metrics=["mae"], opt="rmsprop")
    m.fit(px, py, epochs=1, **F)
    val_mse, val_mae = m.evaluate(vx, vy, verbose=0)
    scores.append(val_mae)
out = [np.mean(scores)]
""",
    "int_input": """
m = keras.Sequential([layers.Input(shape=(28, 28)), layers.Rescaling(1./255), layers.Flatten(), layers.Dense(5, activation="relu"), layers.Dense(10)])
m.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
x = np.random.RandomState(3).randint(0, 255, (64, 28, 28)).astype("uint8"); y = np.random.RandomState(4).randint(0, 10, 64).astype("uint8")
det(m)
h = m.fit(x, y, epochs=2, **F)
prob = keras.Sequential([m, layers.Softmax()])
out = [h.history, prob.predict(x[:2], verbose=0)]
""",
    "loss_fn_obj": """
m = small(loss=keras.losses.binary_crossentropy, metrics=[keras.metrics.binary_accuracy])
out = m.fit(X, YB, **F).history
""",
    "loss_metric_mix": """
m = small(act="softmax", n=3, loss=keras.losses.sparse_categorical_crossentropy, metrics=["accuracy", "sparse_categorical_crossentropy", keras.metrics.SparseTopKCategoricalAccuracy(k=2, name="top2")])
out = m.fit(X, YC, **F).history
""",
    "clip": """
out = []
for o in [keras.optimizers.SGD(0.1, clipnorm=0.1), keras.optimizers.SGD(0.1, clipvalue=0.01), keras.optimizers.Adam(1e-3, global_clipnorm=1.0, use_ema=True), keras.optimizers.AdamW(weight_decay=1e-2), keras.optimizers.Adam(amsgrad=True, beta_1=0.8, epsilon=1e-8), keras.optimizers.RMSprop(1e-3, rho=.8, momentum=.9, centered=True)]:
    m = small(opt=o); out.append(m.fit(X, YB, epochs=2, **F).history["loss"])
""",
    "custom_metric_cls": """
class BinaryTruePositives(keras.metrics.Metric):
    def __init__(self, name="binary_true_positives", **kwargs):
        super().__init__(name=name, **kwargs)
        self.true_positives = self.add_weight(name="tp", initializer="zeros")
    def update_state(self, y_true, y_pred, sample_weight=None):
        values = ((np.asarray(y_true) == 1) & (np.asarray(y_pred) > 0.5)).astype("float32")
        self.true_positives.assign(self.true_positives + values.sum())
    def result(self):
        return self.true_positives
    def reset_state(self):
        self.true_positives.assign(0)
try:
    m = BinaryTruePositives(); m.update_state([[1], [0]], [[.7], [.2]]); m.update_state([[1], [0]], [[.7], [.2]]); out = [float(m.result())]
except Exception as e:
    out = str(type(e).__name__) + ": " + str(e)
""",
    "custom_metric_old": """
class M(keras.metrics.Metric):
    def __init__(self, name="mm", **kwargs):
        super().__init__(name=name, **kwargs)
        self.total = 0.0
        self.n = 0
    def update_state(self, y_true, y_pred, sample_weight=None):
        self.total += float(abs(np.asarray(y_true).ravel() - np.asarray(y_pred).ravel()).sum()); self.n += len(y_pred)
    def result(self): return self.total / max(self.n, 1)
    def reset_state(self): self.total, self.n = 0.0, 0
m = M(); m.update_state([1., 2.], [1., 1.]); out = [m.result()]
""",
    "custom_constraint": """
class C(keras.constraints.Constraint):
    def __call__(self, w): return w * 0 + 1
m = keras.Sequential([keras.Input((8,)), layers.Dense(1, kernel_constraint=C())]); m.compile("sgd", "mse"); m.fit(X, YR, **F)
out = [m.get_weights()[0], keras.constraints.max_norm(2).get_config() if hasattr(keras.constraints, "max_norm") else None]
""",
    "sub_imports": """
from keras.models import Sequential, load_model, Model
from keras.layers import Dense, Dropout, Flatten, BatchNormalization, Activation, Input, InputLayer, LeakyReLU
from keras.optimizers import Adam, SGD
from keras.callbacks import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau, Callback
from keras.utils import to_categorical
from keras.regularizers import l2, l1, L1L2, l1_l2
from keras.initializers import HeNormal, glorot_uniform, he_normal, RandomNormal
from keras.losses import SparseCategoricalCrossentropy, categorical_crossentropy
from keras.metrics import Precision, AUC
from keras.datasets import mnist, fashion_mnist
from keras.constraints import max_norm, MaxNorm, NonNeg
from keras.activations import relu
from keras.optimizers.schedules import CosineDecay
import keras.layers as L
import keras.backend as K
m = Sequential([InputLayer(shape=(8,)), Dense(3, kernel_initializer=he_normal(seed=1), kernel_constraint=max_norm(3.))])
out = m.output_shape
""",
    "input_dim": """
m = keras.Sequential(); m.add(layers.Dense(12, input_dim=8, activation="relu")); m.add(layers.Dense(1, activation="sigmoid"))
m.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"]); det(m)
m.fit(X, YB, epochs=2, batch_size=10, verbose=0, shuffle=False)
_, acc = m.evaluate(X, YB, verbose=0)
predictions = (m.predict(X, verbose=0) > 0.5).astype(int)
rounded = [round(x[0]) for x in m.predict(X[:5], verbose=0)]
out = [acc, predictions.shape, "%.2f" % (acc*100), rounded]
""",
    "xor_batch1": """
x = np.array([[0,0],[0,1],[1,0],[1,1]], "float32"); y = np.array([[0],[1],[1],[0]], "float32")
m = keras.Sequential(); m.add(layers.Dense(8, input_dim=2, activation="tanh")); m.add(layers.Dense(1, activation="sigmoid"))
m.compile(loss="mean_squared_error", optimizer=keras.optimizers.SGD(learning_rate=0.1), metrics=["binary_accuracy"]); det(m)
h = m.fit(x, y, batch_size=1, epochs=3, shuffle=False, verbose=0)
out = [h.history, m.predict(x, verbose=0)]
""",
    "tf_style_numpy": """
m = small()
y = m.predict(X[:2], verbose=0)
w = m.get_weights(); m.set_weights(w)
out = [type(w).__name__, type(w[0]).__name__, isinstance(y, np.ndarray), type(m.layers).__name__]
""",
    "types": """
m = small(); h = m.fit(X, YB, **F); e = m.evaluate(X, YB, verbose=0)
out = [type(h.history["loss"][0]).__name__, type(h.history["accuracy"][0]).__name__, type(e).__name__, type(e[0]).__name__, type(m.evaluate(X, YB, return_dict=True, verbose=0)["loss"]).__name__, json.dumps(h.history) is not None]
""",
    "types_noloss_metrics": """
m = small(metrics=[]); e = m.evaluate(X, YB, verbose=0)
out = [type(e).__name__, round(e, 5), type(m.train_on_batch(X, YB)).__name__ in ("float", "float32", "ndarray", "list")]
""",
    "clone_custom": """
def clone_function(layer):
    config = layer.get_config()
    if "units" in config and config["units"] == 6: config["activation"] = "relu"
    return layer.__class__.from_config(config)
m = small(); m2 = keras.models.clone_model(m, clone_function=clone_function)
out = [m2.layers[0].get_config()["activation"], m2.count_params()]
""",
    "variable_ctor": """
v = keras.Variable(np.array([1., 2.]), name="v"); v.assign([3., 4.]); v.assign_add([1., 1.])
out = [np.array(v), v.numpy(), tuple(v.shape), v.name]
""",
    "metric_strings": """
m = small(metrics=["acc", "mae", "mse", "binary_accuracy", "AUC", "Precision", "cosine_similarity", "RootMeanSquaredError", "binary_crossentropy", "hinge"])
out = m.fit(X, YB.astype("float32")[:, None], **F).history
""",
    "fit_kwargs_positional": """
m = small()
out = m.fit(X, YB, 16, 2, 0, shuffle=False).history
""",
    "tuple_inputs": """
m = small()
out = [m.fit(x=X, y=YB, validation_data=(X, YB), validation_batch_size=64, **F).history]
""",
    "single_sample": """
m = small()
out = [m.predict(np.expand_dims(X[0], 0), verbose=0), m.predict(X[:1], verbose=0), m.predict(X[0].reshape(1, -1), verbose=0)[0][0].item()]
""",
    "layer_norm_etc": """
out = [np.array(l(X[:4].reshape(4, 2, 4))) for l in [layers.LayerNormalization(), layers.RMSNormalization(), layers.UnitNormalization(), layers.BatchNormalization(), layers.Flatten(), layers.Permute((2, 1)), layers.Reshape((4, 2)), layers.Rescaling(2., offset=1.), layers.Softmax(axis=-1), layers.ReLU(negative_slope=.1), layers.ELU(.5), layers.PReLU(alpha_initializer="ones"), layers.LeakyReLU(0.1), layers.Activation("gelu"), layers.Identity(), layers.Dropout(.5), layers.GaussianNoise(1.)]] + [np.array(layers.RepeatVector(3)(X[:2])), np.array(layers.Reshape((-1, 2))(X[:2]))]
""",
    "ln_axis": """
l = layers.LayerNormalization(axis=[1, 2]); out = np.array(l(X[:4].reshape(4, 2, 4)))
""",
    "dropout_call": """
l = layers.Dropout(.2)
y = np.array(l(np.ones((1000, 10), "float32"), training=True))
out = [0.7 < (y > 0).mean() < .9, sorted(set(np.round(y.ravel(), 3).tolist())), np.array(l(np.ones((2, 2), "float32")))]
""",
    "mask_ignored": """
out = [layers.Dense(3, trainable=False).trainable, layers.Dense(units=3, activation=None, use_bias=False).use_bias]
""",
    "grid_search_like": """
res = {}
for lr in [0.1, 0.01]:
    for units in (4, 8):
        keras.backend.clear_session()
        m = keras.Sequential([keras.Input((8,)), layers.Dense(units, "relu"), layers.Dense(1, "sigmoid")]); det(m)
        m.compile(keras.optimizers.Adam(lr), "binary_crossentropy", ["accuracy"] if False else None, metrics=["accuracy"])
        res[(lr, units)] = max(m.fit(X, YB, epochs=2, **F).history["accuracy"])
out = list(res.values())
""",
    "layer_setattr": """
m = small(); l = m.layers[0]
l.kernel.assign(l.kernel * 0.5); a = l.kernel; a.assign_add(np.ones((8, 6)))
out = [m.predict(X[:2], verbose=0), float(np.sum(l.kernel)), np.allclose(l.kernel, a), (l.kernel - a).sum() if False else 0, l.kernel.shape, l.kernel[0].shape, float(l.bias[1])]
""",
    "stale": """
enc = keras.Sequential([keras.Input((8,)), layers.Dense(4)]); det(enc)
k = enc.layers[0].kernel
ae = keras.Sequential([enc, layers.Dense(8)]); ae.build((None, 8)); 
k.assign(np.ones((8, 4)))
out = [enc.predict(X[:2], verbose=0), float(k.numpy().sum()), [float(v.numpy().sum()) for v in ae.weights][:1]]
""",
    "predict_unbuilt": """
m = keras.Sequential([layers.Dense(3, kernel_initializer="ones")])
out = [m.predict(X[:2], verbose=0), m.built]
m2 = keras.Sequential([layers.Dense(3, kernel_initializer="ones")]); m2.compile("sgd", "mse")
out.append(m2.evaluate(X, np.zeros((120, 3)), verbose=0))
""",
    "fit_y_shapes": """
out = []
for y in [YB, YB.reshape(-1, 1), YB.astype("float64"), YB.astype(bool), list(map(int, YB)) if False else YB.astype("uint8")]:
    out.append(small().fit(X, y, **F).history)
""",
    "float64_x": """
out = small().fit(X.astype("float64"), YB, **F).history
""",
    "bool_x": """
out = small().fit((X > 0), YB, **F).history
""",
    "sample_weight_variants": """
w = np.linspace(0.1, 2, 120)
out = [small().fit(X, YB, sample_weight=w, **F).history, small().fit(X, YB, sample_weight=w.reshape(-1, 1), **F).history, small().evaluate(X, YB, sample_weight=w, verbose=0), small().fit(X, YB, sample_weight=w, validation_split=.3, **F).history]
""",
    "class_weight_onehot": """
y = keras.utils.to_categorical(YC, 3)
m = small("softmax", 3, "categorical_crossentropy"); out = [m.fit(X, y, class_weight={0: 1., 1: 2., 2: .5}, **F).history]
m = small("softmax", 3, "sparse_categorical_crossentropy"); out.append(m.fit(X, YC, class_weight={0: 1., 1: 2., 2: .5}, validation_data=(X, YC), **F).history)
""",
    "gen_weights": """
def g():
    while True:
        yield X[:32], YB[:32], np.linspace(0, 1, 32)
m = small(); out = m.fit(g(), steps_per_epoch=2, verbose=0).history
""",
    "gen_lists": """
def g():
    for i in range(4):
        yield X[i*30:(i+1)*30], YB[i*30:(i+1)*30]
m = small(); out = m.fit(g(), verbose=0).history
""",
    "multi_metric_multiclass": """
y = keras.utils.to_categorical(YC, 3)
m = small("softmax", 3, "categorical_crossentropy", metrics=["accuracy", keras.metrics.Precision(name="p"), keras.metrics.Recall(name="r"), keras.metrics.AUC(name="auc"), keras.metrics.F1Score(average="macro", name="f1"), keras.metrics.TopKCategoricalAccuracy(k=2), keras.metrics.CategoricalAccuracy()])
out = m.fit(X, y, epochs=2, **F).history
""",
    "reg_metrics": """
m = small(None, 1, "mse", metrics=["mae", "mape", "msle", keras.metrics.RootMeanSquaredError(), keras.metrics.R2Score(), keras.metrics.MeanAbsoluteError(name="m2"), keras.metrics.CosineSimilarity(), keras.metrics.LogCoshError(), keras.metrics.MeanSquaredLogarithmicError()])
out = m.fit(X, np.abs(YR).reshape(-1, 1), epochs=2, **F).history
""",
    "huber_etc": """
out = []
for l in [keras.losses.Huber(delta=.5), keras.losses.LogCosh(), keras.losses.MeanAbsolutePercentageError(), keras.losses.Poisson()]:
    m = small("softplus", 1, l, metrics=[]); out.append(m.fit(X, np.abs(YR), **F).history["loss"])
""",
    "focal_ls": """
y = keras.utils.to_categorical(YC, 3)
out = [small("sigmoid", 1, keras.losses.BinaryFocalCrossentropy(gamma=2, apply_class_balancing=True)).fit(X, YB, **F).history, small("softmax", 3, keras.losses.CategoricalFocalCrossentropy()).fit(X, y, **F).history, small("softmax", 3, keras.losses.CategoricalCrossentropy(label_smoothing=.1)).fit(X, y, **F).history, small(None, 3, keras.losses.CategoricalCrossentropy(from_logits=True)).fit(X, y, **F).history, small(None, 1, keras.losses.BinaryCrossentropy(from_logits=True), metrics=[keras.metrics.BinaryAccuracy(threshold=0.0)]).fit(X, YB, **F).history, small("softmax", 3, keras.losses.SparseCategoricalCrossentropy(ignore_class=2), metrics=[]).fit(X, YC, **F).history]
""",
    "deep_regularised": """
m = keras.Sequential([keras.Input((8,)), layers.Dense(16, kernel_regularizer=keras.regularizers.l2(1e-3), use_bias=False), layers.BatchNormalization(), layers.Activation("relu"), layers.Dense(16, activation="elu", kernel_constraint=keras.constraints.MaxNorm(1.), bias_constraint="non_neg"), layers.LayerNormalization(), layers.Dense(16), layers.PReLU(), layers.Dense(16), layers.LeakyReLU(), layers.UnitNormalization(), layers.Dense(3, "softmax")])
m.compile(keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(1e-2, 10, .9)), "sparse_categorical_crossentropy", metrics=["accuracy"])
w = det(m).get_weights(); w[4] = abs(w[4]); m.set_weights(w)
out = [m.fit(X, YC, epochs=3, validation_data=(X, YC), **F).history, m.count_params(), len(m.trainable_weights)]
""",
    "three_d": """
x = X.reshape(120, 2, 4)
m = keras.Sequential([keras.Input((2, 4)), layers.Dense(3, "tanh"), layers.LayerNormalization(), layers.Dense(1)])
m.compile("sgd", "mse"); det(m)
out = [m.fit(x, np.abs(x[..., :1]), **F).history, m.predict(x[:2], verbose=0), m.output_shape]
m = keras.Sequential([keras.Input((2, 4)), layers.Permute((2, 1)), layers.Dense(3, "tanh"), layers.BatchNormalization(axis=1), layers.Reshape((6, 2)), layers.Flatten(), layers.Dense(1)])
m.compile("sgd", "mse"); det(m)
out += [m.fit(x, YR, **F).history, m.layers[0].output_shape if hasattr(m.layers[0], "output_shape") else None][:1]
""",
    "early_baseline": """
m = small()
es = keras.callbacks.EarlyStopping(monitor="loss", baseline=0.0001, patience=1)
h = m.fit(X, YB, epochs=6, callbacks=[es], **F)
es2 = keras.callbacks.EarlyStopping(monitor="val_accuracy", patience=3, start_from_epoch=2, restore_best_weights=True)
h2 = small().fit(X, YB, epochs=12, validation_data=(X, YB), callbacks=[es2], **F)
out = [h.epoch, h2.epoch]
""",
    "ckpt_formats": """
d = tempfile.mkdtemp()
m = small()
m.fit(X, YB, epochs=3, callbacks=[keras.callbacks.ModelCheckpoint(d + "/{epoch:02d}-{val_accuracy:.3f}.weights.h5", monitor="val_accuracy", verbose=0, save_best_only=True, save_weights_only=True, mode="auto", save_freq="epoch")], validation_split=.2, **F)
out = len(os.listdir(d)) >= 1
""",
    "custom_cb_weights": """
class W(keras.callbacks.Callback):
    def on_train_begin(self, logs=None): self.norms = []
    def on_epoch_end(self, epoch, logs=None):
        self.norms.append(float(np.linalg.norm(self.model.layers[0].get_weights()[0])))
        logs["extra"] = 1.0
c = W(); m = small(); h = m.fit(X, YB, epochs=2, callbacks=[c], **F)
out = [c.norms, sorted(h.history)]
""",
    "cb_eval_inside": """
class T(keras.callbacks.Callback):
    def __init__(self, data): super().__init__(); self.data = data; self.r = []
    def on_epoch_end(self, epoch, logs={}):
        x, y = self.data
        loss, acc = self.model.evaluate(x, y, verbose=0)
        p = self.model.predict(x, verbose=0)
        self.r.append([loss, acc, float(p.mean())])
t = T((X[:20], YB[:20])); m = small(); h = m.fit(X, YB, epochs=2, callbacks=[t], **F)
out = [t.r, h.history]
""",
    "lr_finder": """
class LR(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        lr = self.model.optimizer.learning_rate
        self.l = getattr(self, "l", []) + [float(lr)]
        self.model.optimizer.learning_rate = float(lr) * 1.1
        if batch == 3: self.model.stop_training = True
c = LR(); m = small(); m.fit(X, YB, epochs=2, callbacks=[c], **F)
out = c.l
""",
    "lambda_cb2": """
seen = []
m = small()
m.fit(X, YB, callbacks=[keras.callbacks.LambdaCallback(on_train_begin=lambda logs: seen.append("b"), on_train_batch_begin=lambda batch, logs: seen.append(batch), on_train_end=lambda logs: seen.append("e"))], **F)
out = seen
""",
    "cb_list_history": """
h = keras.callbacks.History(); m = small(); r = m.fit(X, YB, callbacks=[h], **F)
out = [r.history, h.history, h.epoch]
""",
    "autonames": """
m = keras.Sequential([keras.Input((8,)), layers.Dense(2), layers.BatchNormalization(), layers.Dense(2), layers.BatchNormalization(), layers.ReLU(), layers.LeakyReLU(), layers.PReLU(), layers.ELU(), layers.Activation("tanh"), layers.Dropout(.1), layers.LayerNormalization()])
import re
out = [re.sub(r"_\\d+$", "", l.name) for l in m.layers]
""",
    "optimizer_attrs": """
o = keras.optimizers.Adam(1e-3, beta_1=.8, epsilon=1e-6, clipnorm=1.); s = keras.optimizers.SGD(momentum=.9, nesterov=True)
out = [o.beta_1, o.beta_2, o.epsilon, o.clipnorm, s.momentum, s.nesterov, keras.optimizers.RMSprop().rho, float(s.learning_rate), o.get_config()["beta_1"], keras.optimizers.Adam.from_config(o.get_config()).beta_1]
""",
    "leaky_alpha": """
out = layers.LeakyReLU(alpha=.2).negative_slope
""",
    "confusion_metrics": """
yt = [0, 1, 1, 1, 0]; yp = [.1, .8, .4, .6, .9]
out = []
for M in [keras.metrics.TruePositives, keras.metrics.FalsePositives, keras.metrics.TrueNegatives, keras.metrics.FalseNegatives, keras.metrics.Precision, keras.metrics.Recall, keras.metrics.AUC]:
    m = M(); m.update_state(yt, yp); m.update_state([1], [.2], sample_weight=[2]); out.append(float(m.result()))
out += [float(np.array(keras.metrics.SensitivityAtSpecificity(.5)(yt, yp))), float(np.array(keras.metrics.SpecificityAtSensitivity(.5)(yt, yp))), float(np.array(keras.metrics.RecallAtPrecision(.6)(yt, yp)))]
""",
    "loss_broadcast": """
out = [np.array(keras.losses.sparse_categorical_crossentropy(np.array([1, 2]), np.array([[0.05, 0.95, 0], [0.1, 0.8, 0.1]]))), np.array(keras.losses.huber(np.array([[0., 1.]]), np.array([[.6, .4]]))), np.array(keras.metrics.binary_accuracy(np.array([[1], [1], [0]]), np.array([[.9], [.2], [.4]]))), np.array(keras.losses.cosine_similarity(np.array([[0., 1.], [1., 1.]]), np.array([[1., 0.], [1., 1.]]), axis=-1)), np.array(keras.metrics.mean_absolute_error(np.array([[0., 1.]]), np.array([[1., 1.]])))]
""",
    "init_calls": """
I = keras.initializers
a = I.GlorotUniform(seed=1)(shape=(50, 60)); b = I.GlorotUniform(seed=1)(shape=(50, 60))
out = [bool(np.all(np.array(a) == np.array(b))), abs(float(np.abs(np.array(a)).max()) - math.sqrt(6/110)) < .01, np.array(I.Identity(gain=2.)(shape=(2, 2))), np.array(I.get("zeros")((2,))), np.array(I.Constant(2)(shape=(2,), dtype="float32")), I.get("he_normal").__class__.__name__, I.he_uniform().__class__.__name__, I.glorot_normal(seed=3).get_config()["seed"] is not None, np.allclose(np.array(I.Orthogonal(seed=0)((4, 4))) @ np.array(I.Orthogonal(seed=0)((4, 4))).T, np.eye(4), atol=1e-5)]
""",
    "reg_const_calls": """
R_ = keras.regularizers; C = keras.constraints; w = np.array([[3., -4.], [1., 2.]], "float32")
out = [float(np.array(R_.L1(.1)(w))), float(np.array(R_.l2(.1)(w))), float(np.array(R_.L1L2(.1, .2)(w))), np.array(C.NonNeg()(w)), np.array(C.UnitNorm(axis=0)(w)), np.array(C.MaxNorm(2)(w)), np.array(C.MinMaxNorm(.5, 1., rate=.5)(w)), R_.get("l1").__class__.__name__, C.get("max_norm").__class__.__name__]
""",
    "wide_table": """
m = keras.Sequential([keras.Input(shape=(8,), name="features"), layers.Normalization(), layers.Dense(32, activation="relu"), layers.Dropout(0.0), layers.Dense(1, activation="sigmoid")])
m.layers[0].adapt(X)
m.compile(optimizer=keras.optimizers.Adam(1e-2), loss="binary_crossentropy", metrics=["accuracy", keras.metrics.AUC(name="auc")])
w = m.get_weights(); r = np.random.RandomState(5); m.set_weights(w[:3] + [r.normal(size=v.shape) * .2 for v in w[3:]])
out = [m.fit(X, YB, epochs=2, **F).history, m.evaluate(X, YB, verbose=0, return_dict=True)]
""",
    "norm_given": """
n = layers.Normalization(mean=[1.]*8, variance=[4.]*8); out = [np.array(n(X[:2])), np.array(layers.Normalization(mean=3., variance=2., axis=None)(np.array([1., 2., 3.]))) , np.array(layers.Normalization(mean=3., variance=2., invert=True)(np.array([[1., 2., 3.]])))]
""",
    "norm_in_map": """
n = layers.Normalization(); n.adapt(X); Y2 = n(X); out = [np.abs(np.array(Y2).mean(0)).max() < 1e-5, np.abs(np.array(Y2).std(0) - 1).max() < 1e-4]
""",
    "get_weights_set_partial": """
m = small(); w = m.layers[0].get_weights(); w[0] = np.zeros_like(w[0]); m.layers[0].set_weights(w)
b = m.layers[-1].weights[1]
out = [m.predict(X[:2], verbose=0), b.numpy(), b.shape == (1,), m.layers[0].weights[0].numpy().sum()]
""",
    "model_add_after": """
m = keras.Sequential(); m.add(keras.Input(shape=(8,))); m.add(layers.Dense(4)); w = m.layers[0].get_weights()
m.add(layers.Dense(2)); out = [np.allclose(w[0], m.layers[0].get_weights()[0]), m.output_shape]
m.pop(); m.add(layers.Dense(5)); out.append(m.output_shape)
""",
    "slices": """
m = small()
feat = keras.Sequential(m.layers[:-1])
out = [feat.predict(X[:2], verbose=0), feat.layers[0] is m.layers[0]]
""",
    "model_layers_iter": """
m = small()
out = [[(l.__class__.__name__, l.get_config()["units"], l.trainable, len(l.get_weights())) for l in m.layers], [w.shape for l in m.layers for w in l.get_weights()], [v.name for v in m.trainable_variables]]
""",
    "perm_import": """
m = small(); m.fit(X, YB, **F)
base = m.evaluate(X, YB, verbose=0)[0]; imp = []
for j in range(2):
    xp = X.copy(); xp[:, j] = 0; imp.append(m.evaluate(xp, YB, verbose=0)[0] - base)
out = imp
""",
    "mc_dropout": """
m = keras.Sequential([keras.Input((8,)), layers.Dropout(.5), layers.Dense(1)]); ps = np.stack([np.array(m(X[:5], training=True)) for _ in range(10)])
out = [ps.shape, bool(ps.std(0).max() > 0)]
""",
    "layer_call_kw": """
bn = layers.BatchNormalization(); y = bn(X, training=True); d = layers.Dense(2, kernel_initializer="ones")(inputs=X) if False else layers.Dense(2, kernel_initializer="ones")(X)
out = [np.array(y)[:2], np.array(bn.moving_mean), d.shape]
""",
    "evaluate_steps": """
m = small(); out = [m.evaluate(X, YB, steps=2, batch_size=16, verbose=0), m.predict(X, steps=2, batch_size=16, verbose=0).shape, m.predict(X, batch_size=7, verbose=0).shape]
""",
    "loss_none_metrics_none": """
m = small(metrics=[]); out = [m.fit(X, YB, **F).history, m.evaluate(X, YB, verbose=0)]
""",
    "metrics_lambda": """
def within(y_true, y_pred): return (abs(y_true - y_pred) < .5)
within.__name__ = "within"
m = small(metrics=[within]); out = list(m.fit(X, YB.reshape(-1, 1).astype("float32"), **F).history)
""",
    "acc_logits_from_binary": """
m = small("softmax", 2, "sparse_categorical_crossentropy"); out = m.fit(X, YB, **F).history
""",
    "ema_sgd": """
m = small(opt=keras.optimizers.Adam(1e-2, use_ema=True, ema_momentum=.9, ema_overwrite_frequency=3)); out = m.fit(X, YB, epochs=2, **F).history
""",
    "accum": """
m = small(opt=keras.optimizers.SGD(.1, gradient_accumulation_steps=2)); out = m.fit(X, YB, epochs=2, **F).history
""",
    "wd_exclude": """
o = keras.optimizers.AdamW(1e-2, weight_decay=.1); o.exclude_from_weight_decay(var_names=["bias"])
m = small(opt=o); out = m.fit(X, YB, epochs=2, **F).history
""",
    "swap_ema": """
m = small(opt=keras.optimizers.SGD(.1, use_ema=True, ema_momentum=.9)); out = m.fit(X, YB, epochs=2, callbacks=[keras.callbacks.SwapEMAWeights(swap_on_epoch=True)], validation_data=(X, YB), **F).history
""",
    "print_things": """
m = small(); s_ = [repr(m.layers[0]), repr(m), str(m.optimizer), str(m.layers[0].kernel)[:20]]
out = [s_[0].startswith("<Dense name="), "Sequential" in s_[1], "path=" in repr(m.layers[0].kernel)]
""",
    "copy_deepcopy": """
import copy
m = small(); w = copy.deepcopy(m.get_weights()); l = layers.Dense(3).from_config(m.layers[0].get_config())
out = [len(w), l.units]
""",
    "return_dict": """
m = small()
out = [m.evaluate(X, YB, return_dict=True, verbose=0), m.evaluate(X, YB, verbose=0)]
""",
    "imdb": """
def vectorize_sequences(sequences, dimension=50):
    results = np.zeros((len(sequences), dimension))
    for i, sequence in enumerate(sequences):
        for j in sequence:
            results[i, j] = 1.
    return results
seq = [list(np.random.RandomState(i).randint(0, 50, 7)) for i in range(60)]
x_train = vectorize_sequences(seq)
y_train = np.asarray([i % 2 for i in range(60)]).astype("float32")
model = keras.Sequential([layers.Dense(16, activation="relu"), layers.Dense(16, activation="relu"), layers.Dense(1, activation="sigmoid")])
model.compile(optimizer="rmsprop", loss="binary_crossentropy", metrics=["accuracy"])
model.build((None, 50)); det(model)
x_val = x_train[:10]; partial_x_train = x_train[10:]; y_val = y_train[:10]; partial_y_train = y_train[10:]
history = model.fit(partial_x_train, partial_y_train, epochs=4, batch_size=512, validation_data=(x_val, y_val), verbose=0, shuffle=False)
history_dict = history.history
out = [sorted(history_dict), history_dict, model.predict(x_val, verbose=0)]
""",
    "metric_objects": """
m = small(metrics=[keras.metrics.BinaryAccuracy(name="acc"), keras.metrics.Precision(name="p"), keras.metrics.Recall(name="r"), keras.metrics.AUC(name="auc"), keras.metrics.TruePositives(name="tp"), keras.metrics.AUC(name="prc", curve="PR")])
h = m.fit(X, YB, epochs=2, validation_data=(X, YB), **F)
out = [h.history]
""",
    "isinstance": """
m = small()
out = [isinstance(m, keras.Model), isinstance(m, keras.models.Model), isinstance(m.layers[0], layers.Layer), isinstance(m.layers[0], keras.layers.Dense), isinstance(m.optimizer, keras.optimizers.Optimizer), isinstance(keras.losses.MeanSquaredError(), keras.losses.Loss), isinstance(keras.metrics.AUC(), keras.metrics.Metric), isinstance(keras.metrics.AUC(), keras.Metric), isinstance(keras.losses.MeanSquaredError(), keras.Loss), isinstance(keras.initializers.Zeros(), keras.Initializer), isinstance(keras.regularizers.L2(), keras.Regularizer), isinstance(m, keras.Layer)]
""",
    "count_params": """
m = small()
out = [m.count_params(), m.input_shape, m.output_shape, m.layers[0].count_params(), int(np.sum([np.prod(v.shape) for v in m.trainable_weights]))]
""",
    "metrics_standalone": """
M = keras.metrics
out = []
m = M.BinaryAccuracy(); m.update_state([[1], [1], [0], [0]], [[0.98], [1], [0], [0.6]]); out.append(float(m.result()))
m.reset_state(); m.update_state([[1], [1], [0], [0]], [[0.98], [1], [0], [0.6]], sample_weight=[1, 0, 0, 1]); out.append(float(m.result().numpy() if hasattr(m.result(), "numpy") else m.result()))
m = M.SparseCategoricalAccuracy(); m.update_state([[2], [1]], [[0.1, 0.6, 0.3], [0.05, 0.95, 0]]); out.append(float(m.result()))
m = M.TopKCategoricalAccuracy(k=1); m.update_state([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]]); out.append(float(m.result()))
m = M.AUC(num_thresholds=3); m.update_state([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]); out.append(float(m.result()))
m = M.F1Score(threshold=0.5); m.update_state(np.array([[1, 1, 1], [1, 0, 0], [1, 1, 0]]), np.array([[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0.0]])); out.append(np.array(m.result()))
m = M.Mean(); m.update_state([1, 3, 5, 7]); out.append(float(m.result()))
m = M.Mean(name="loss"); m.update_state(3.0); m.update_state(5); out.append([float(m.result()), m.name])
m = M.R2Score(); m.update_state(np.array([[1], [4], [3]], dtype="float32"), np.array([[2], [4], [4]], dtype="float32")); out.append(float(m.result()))
m = M.RootMeanSquaredError(); m.update_state([[0, 1], [0, 0]], [[1, 1], [0, 0]]); out.append(float(m.result()))
m = M.PrecisionAtRecall(0.5); m.update_state([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]); out.append(float(m.result()))
m = M.MeanSquaredError(); out.append(float(m([[0, 1], [0, 0]], [[1, 1], [0, 0]])))
m = M.CosineSimilarity(axis=1); m.update_state([[0., 1.], [1., 1.]], [[1., 0.], [1., 1.]]); out.append(float(m.result()))
m = M.Precision(thresholds=[.3, .6], class_id=None); m.update_state([0,1,1,1], [.9,.5,.2,.7]); out.append(np.array(m.result()))
m = M.MeanMetricWrapper(fn=lambda a, b: np.abs(np.asarray(a)-np.asarray(b))); m.update_state([0., 1.], [.5, .5]); out.append(float(m.result()))
out.append([M.get("accuracy").name, M.get("mse").name])
""",
    "initializers": """
I = keras.initializers
out = []
for i in [I.RandomNormal(mean=0., stddev=1., seed=1), I.RandomUniform(-1, 1), I.TruncatedNormal(), I.Zeros(), I.Ones(), I.Constant(3.), I.GlorotNormal(), I.GlorotUniform(), I.HeNormal(), I.HeUniform(), I.LecunNormal(), I.LecunUniform(), I.Orthogonal(), I.Identity(), I.VarianceScaling(scale=0.1, mode="fan_in", distribution="uniform")]:
    v = i(shape=(4, 4))
    out.append([type(i).__name__, tuple(v.shape), str(np.asarray(v).dtype), "seed" in i.get_config()])
layer = layers.Dense(3, kernel_initializer=I.Constant(2.), bias_initializer="ones"); layer.build((None, 2)); out.append(np.array(layer.kernel))
def my_init(shape, dtype=None): return np.ones(shape, dtype=dtype) * 7
layer = layers.Dense(3, kernel_initializer=my_init); layer.build((None, 2)); out.append(np.array(layer.kernel))
""",
    "lr_set": """
m = small(opt=keras.optimizers.Adam(learning_rate=1e-2))
a = float(m.optimizer.learning_rate)
m.optimizer.learning_rate = 1e-3
b = float(m.optimizer.learning_rate.numpy())
m.optimizer.learning_rate.assign(0.005)
c = float(np.array(m.optimizer.learning_rate))
keras_like = m.optimizer.get_config()["learning_rate"]
m.fit(X, YB, **F)
out = [a, b, c, round(float(keras_like), 6), int(m.optimizer.iterations)]
""",
    "save_load": """
d = tempfile.mkdtemp()
m = small(opt=keras.optimizers.Adam(0.01)); m.fit(X, YB, **F)
m.save(os.path.join(d, "m.keras"))
m2 = keras.saving.load_model(os.path.join(d, "m.keras"))
np.testing.assert_allclose(m.predict(X, verbose=0), m2.predict(X, verbose=0))
m.save_weights(os.path.join(d, "m.weights.h5"))
m3 = small(); m3.load_weights(os.path.join(d, "m.weights.h5"))
keras.models.save_model(m, os.path.join(d, "m4.keras"))
keras.saving.save_model(m, os.path.join(d, "m4.keras"), overwrite=True)
h = m2.fit(X, YB, **F)
out = [m3.predict(X[:3], verbose=0), h.history]
""",
    "losses_standalone": """
y_true = np.array([[0., 1.], [0., 0.]]); y_pred = np.array([[0.6, 0.4], [0.4, 0.6]])
L = keras.losses
out = [float(np.array(getattr(L, n)()(y_true, y_pred))) for n in ["MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredLogarithmicError", "BinaryCrossentropy", "BinaryFocalCrossentropy", "CategoricalFocalCrossentropy", "CosineSimilarity", "Hinge", "SquaredHinge", "CategoricalHinge", "Huber", "KLDivergence", "LogCosh", "Poisson"]]
out += [float(np.array(L.MeanSquaredError()(y_true, y_pred, sample_weight=[0.7, 0.3]))), np.array(L.MeanSquaredError(reduction=None)(y_true, y_pred)), float(np.array(L.SparseCategoricalCrossentropy()(np.array([1, 2]), np.array([[0.05, 0.95, 0], [0.1, 0.8, 0.1]])))), np.array(L.SparseCategoricalCrossentropy(from_logits=True, reduction="none")(np.array([1, 2]), np.array([[0.05, 0.95, 0], [0.1, 0.8, 0.1]])))]
out += [np.array(L.mean_squared_error(y_true, y_pred)), np.array(keras.losses.binary_crossentropy(y_true, y_pred))]
""",
    "generator": """
def gen():
    while True:
        for i in range(0, 96, 32):
            yield X[i:i+32], YB[i:i+32]
m = small()
h = m.fit(gen(), steps_per_epoch=3, epochs=1, validation_data=gen(), validation_steps=2, verbose=0)
e = m.evaluate(gen(), steps=3, verbose=0)
p = m.predict(((X[i:i+10],) for i in range(0, 40, 10)), verbose=0)
out = [h.history, e, p.shape]
""",
    "opt_strings": """
out = []
for o in ["sgd", "SGD", "adam", "Adam", "rmsprop", "RMSprop", "adagrad", "adadelta", "adamax", "nadam", "ftrl", "adamw", "lion", "adafactor"]:
    m = small(opt=o, metrics=[]); out.append([o, m.fit(X, YB, **F).history])
""",
    "loss_strings": """
out = []
for l in ["mse", "mae", "mape", "msle", "MSE", "MAE", "mean_squared_error", "huber", "log_cosh", "poisson", "hinge", "squared_hinge", "kl_divergence", "kld", "cosine_similarity", "binary_crossentropy", "bce", "MeanSquaredError"]:
    try:
        m = small(loss=l, metrics=[]); out.append([l, m.fit(X, YB.astype("float32")[:, None], **F).history])
    except ValueError: out.append([l, "ValueError"])
""",
    "transfer_freeze": """
base = keras.Sequential([keras.Input((8,)), layers.Dense(4, "relu"), layers.BatchNormalization()]); base.layers[0].set_weights([np.linspace(-1, 1, 32).reshape(8, 4), np.zeros(4)])
base.trainable = False
m = keras.Sequential([keras.Input((8,)), base, layers.Dense(1)])
m.layers[-1].set_weights([np.full((4, 1), .3), np.zeros(1)])
m.compile("sgd", "mse")
h = m.fit(X, YR, epochs=2, **F)
out = [h.history, len(m.trainable_weights), len(m.non_trainable_weights)]
base.trainable = True
m.compile(keras.optimizers.Adam(1e-5), "mse")
h = m.fit(X, YR, **F)
out += [h.history, len(m.trainable_weights)]
""",
    "layer_attributes": """
d = layers.Dense(3, "relu", kernel_regularizer=keras.regularizers.L1(.1), name="x")
out = [d.units, d.use_bias, d.kernel_regularizer.l1, type(d.kernel_initializer).__name__, layers.Dropout(.3).rate, layers.BatchNormalization().momentum, layers.BatchNormalization().epsilon, layers.LeakyReLU().negative_slope, layers.Reshape((2, 3)).target_shape, layers.GaussianNoise(.2).stddev, layers.RepeatVector(2).n, layers.Rescaling(.5).scale, layers.ELU(.3).alpha, layers.Permute((2, 1)).dims]
""",
    "json_roundtrip": """
m = keras.Sequential([keras.Input((8,)), layers.Dense(4, "relu", kernel_regularizer="l2", kernel_initializer=keras.initializers.HeNormal(seed=2)), layers.Dropout(.2), layers.BatchNormalization(), layers.Dense(1, activation="sigmoid")], name="net")
m2 = keras.models.model_from_json(m.to_json(indent=2)); m2.set_weights(m.get_weights())
out = [np.allclose(m.predict(X, verbose=0), m2.predict(X, verbose=0)), m2.name, m2.layers[0].kernel_regularizer.get_config(), m2.layers[1].rate]
""",
    "keras_backend": """
from keras import backend as K
K.clear_session()
out = [K.floatx(), K.epsilon(), K.image_data_format()]
""",
}

SNIPPETS |= OWN_SNIPPETS | WAY_SNIPPETS


def run(name: str, package: str) -> Any:
    """What a snippet leaves in `out`, as plain data, with `package` in the place of Keras."""
    source = PRELUDE + SNIPPETS[name]
    if package != "keras":
        source = re.sub(r"\bimport keras\.(\w+) as\b", rf"import {package}.\1 as", source)
        source = re.sub(r"\bimport keras\b", f"import {package} as keras", source)
        source = re.sub(r"\bfrom keras\b", f"from {package}", source)
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, name, "exec"), names)
    return plain(names["out"])


def plain(value: Any) -> Any:
    """Lists, dicts, texts and numbers only."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if value is None or isinstance(value, str | bool):
        return value
    found = np.asarray(value)
    if found.dtype.kind == "f":
        return np.vectorize(lambda v: float(f"{v:.7g}"), otypes=[float])(found).tolist() if found.size else []
    return found.tolist()
