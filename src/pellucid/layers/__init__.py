"""Layers: the steps of a network. Keras 3's names, arguments, defaults and numerical meaning."""

from .activation import Activation
from .activity_regularization import ActivityRegularization
from .alpha_dropout import AlphaDropout
from .base import Layer, layers
from .batch_normalization import BatchNormalization
from .bidirectional import Bidirectional
from .cells import GRUCell, LSTMCell, SimpleRNNCell, StackedRNNCells
from .checking import LayerFault, LayerReport, check_layer, numerical_gradient
from .concatenate import Concatenate
from .conv import Conv1D, Conv2D, Conv3D
from .conv_lstm import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D
from .dense import Dense
from .derived import Derived
from .dot import Dot
from .dropout import Dropout
from .einsum_dense import EinsumDense
from .elu import ELU
from .flatten import Flatten
from .gaussian_dropout import GaussianDropout
from .gaussian_noise import GaussianNoise
from .gru import GRU
from .holding import Parameter
from .identity import Identity
from .input_layer import Input, InputLayer
from .joining import add, average, concatenate, dot, maximum, minimum, multiply, subtract
from .lambda_layer import Lambda
from .layer_normalization import LayerNormalization
from .leaky_relu import LeakyReLU
from .lstm import LSTM
from .masking import Masking
from .merging import Add, Average, Maximum, Minimum, Multiply, Subtract
from .normalization import Normalization
from .permute import Permute
from .pooling import AveragePooling1D, AveragePooling2D, AveragePooling3D, MaxPooling1D, MaxPooling2D, MaxPooling3D
from .prelu import PReLU
from .relu import ReLU
from .repeat_vector import RepeatVector
from .rescaling import Rescaling
from .reshape import Reshape
from .rms_normalization import RMSNormalization
from .rnn import RNN
from .simple_rnn import SimpleRNN
from .softmax import Softmax
from .time_distributed import TimeDistributed
from .traced import Traced
from .unit_normalization import UnitNormalization
from .variable import Variable

get, serialize, deserialize = layers.get, layers.serialize, layers.deserialize

__all__ = [
    "ELU",
    "GRU",
    "LSTM",
    "RNN",
    "Activation",
    "ActivityRegularization",
    "Add",
    "AlphaDropout",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "BatchNormalization",
    "Bidirectional",
    "Concatenate",
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "ConvLSTM1D",
    "ConvLSTM2D",
    "ConvLSTM3D",
    "Dense",
    "Derived",
    "Dot",
    "Dropout",
    "EinsumDense",
    "Flatten",
    "GRUCell",
    "GaussianDropout",
    "GaussianNoise",
    "Identity",
    "Input",
    "InputLayer",
    "LSTMCell",
    "Lambda",
    "Layer",
    "LayerFault",
    "LayerNormalization",
    "LayerReport",
    "LeakyReLU",
    "Masking",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "Maximum",
    "Minimum",
    "Multiply",
    "Normalization",
    "PReLU",
    "Parameter",
    "Permute",
    "RMSNormalization",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "SimpleRNN",
    "SimpleRNNCell",
    "Softmax",
    "StackedRNNCells",
    "Subtract",
    "TimeDistributed",
    "Traced",
    "UnitNormalization",
    "Variable",
    "add",
    "average",
    "check_layer",
    "concatenate",
    "deserialize",
    "dot",
    "get",
    "layers",
    "maximum",
    "minimum",
    "multiply",
    "numerical_gradient",
    "serialize",
    "subtract",
]
