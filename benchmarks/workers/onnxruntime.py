"""ONNX Runtime: predictions alone, from a session made before."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from ..data import floats, weights
from ..tasks import TASKS, Task

OPSET, VERSION = 17, 8


def write(task: Task, path: Path) -> None:
    """The network as an ONNX file: Gemm, Relu, ..., Gemm, Softmax."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    made, nodes, at = [], [], "x"
    given = weights(task.sizes)
    for n, (W, b) in enumerate(zip(given[::2], given[1::2], strict=True)):
        made += [numpy_helper.from_array(W, f"W{n}"), numpy_helper.from_array(b, f"b{n}")]
        nodes.append(helper.make_node("Gemm", [at, f"W{n}", f"b{n}"], [f"z{n}"]))
        at = f"y{n}"
        nodes.append(helper.make_node("Relu" if n < len(task.sizes) - 2 else "Softmax", [f"z{n}"], [at]))
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, task.sizes[0]])
    y = helper.make_tensor_value_info(at, TensorProto.FLOAT, [None, task.sizes[-1]])
    graph = helper.make_graph(nodes, "network", [x], [y], made)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=VERSION)
    onnx.save(model, path)


def prediction(task: Task, x: Any, weights: Any) -> Any:
    """The file is written by another process: the package that writes it shall not count as memory of this one."""
    x = np.ascontiguousarray(floats(x))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "network.onnx")
        subprocess.run([sys.executable, "-m", __spec__.name, task.name, str(path)], check=True)
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"x": x})[0]


if __name__ == "__main__":
    write(TASKS[sys.argv[1]], Path(sys.argv[2]))
