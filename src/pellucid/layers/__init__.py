"""Layers: the steps of a network. Keras 3's names, arguments, defaults and numerical meaning."""

from .activation import Activation
from .activity_regularization import ActivityRegularization
from .adaptive_pooling import (
    AdaptiveAveragePooling1D,
    AdaptiveAveragePooling2D,
    AdaptiveAveragePooling3D,
    AdaptiveMaxPooling1D,
    AdaptiveMaxPooling2D,
    AdaptiveMaxPooling3D,
)
from .alpha_dropout import AlphaDropout
from .attention import AdditiveAttention, Attention
from .base import Layer, layers
from .batch_normalization import BatchNormalization
from .bidirectional import Bidirectional
from .borders import Cropping1D, Cropping2D, Cropping3D, ZeroPadding1D, ZeroPadding2D, ZeroPadding3D
from .category_encoding import CategoryEncoding
from .cells import GRUCell, LSTMCell, SimpleRNNCell, StackedRNNCells
from .checking import LayerFault, LayerReport, check_layer, numerical_gradient
from .concatenate import Concatenate
from .conv import Conv1D, Conv2D, Conv3D
from .conv_lstm import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D
from .conv_transpose import Conv1DTranspose, Conv2DTranspose, Conv3DTranspose
from .dense import Dense
from .depthwise_conv import DepthwiseConv1D, DepthwiseConv2D
from .derived import Derived
from .discretization import Discretization
from .dot import Dot
from .dropout import Dropout
from .einsum_dense import EinsumDense
from .elu import ELU
from .embedding import Embedding
from .flatten import Flatten
from .gaussian_dropout import GaussianDropout
from .gaussian_noise import GaussianNoise
from .global_pooling import (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
)
from .group_normalization import GroupNormalization
from .group_query_attention import GroupQueryAttention
from .gru import GRU
from .hashed_crossing import HashedCrossing
from .hashing import Hashing
from .holding import Parameter
from .identity import Identity
from .input_layer import Input, InputLayer
from .integer_lookup import IntegerLookup
from .joining import add, average, concatenate, dot, maximum, minimum, multiply, subtract
from .lambda_layer import Lambda
from .layer_normalization import LayerNormalization
from .leaky_relu import LeakyReLU
from .lstm import LSTM
from .masking import Masking
from .merging import Add, Average, Maximum, Minimum, Multiply, Subtract
from .mixing_pictures import CutMix, MixUp
from .multi_head_attention import MultiHeadAttention
from .normalization import Normalization
from .permute import Permute
from .pipeline import Pipeline
from .policies import AugMix, RandAugment
from .pooling import AveragePooling1D, AveragePooling2D, AveragePooling3D, MaxPooling1D, MaxPooling2D, MaxPooling3D
from .position_embedding import PositionEmbedding, SinePositionEncoding, TokenAndPositionEmbedding
from .prelu import PReLU
from .random_bends import RandomElasticTransform, RandomGaussianBlur, RandomPerspective
from .random_colours import (
    RandomErasing,
    RandomGrayscale,
    RandomInvert,
    RandomSaturation,
    RandomSharpness,
    RandomShear,
)
from .random_crop import RandomCrop
from .random_hues import RandomColorDegeneration, RandomColorJitter, RandomHue
from .random_pictures import RandomBrightness, RandomContrast, RandomFlip, RandomRotation, RandomTranslation, RandomZoom
from .relu import ReLU
from .repeat_vector import RepeatVector
from .rescaling import Rescaling
from .reshape import Reshape
from .resizing import CenterCrop, Resizing
from .rms_normalization import RMSNormalization
from .rnn import RNN
from .rotary_embedding import RotaryEmbedding
from .separable_conv import SeparableConv1D, SeparableConv2D
from .simple_rnn import SimpleRNN
from .softmax import Softmax
from .spatial_dropout import SpatialDropout1D, SpatialDropout2D, SpatialDropout3D
from .spectral_normalization import SpectralNormalization
from .string_lookup import StringLookup
from .text_vectorization import TextVectorization
from .time_distributed import TimeDistributed
from .tones import AutoContrast, Equalization, RandomPosterization, Solarization
from .traced import Traced
from .unit_normalization import UnitNormalization
from .up_sampling import UpSampling1D, UpSampling2D, UpSampling3D
from .variable import Variable

get, serialize, deserialize = layers.get, layers.serialize, layers.deserialize

# Keras's other names
AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
GlobalAvgPool1D, GlobalAvgPool2D, GlobalAvgPool3D = (
    GlobalAveragePooling1D, GlobalAveragePooling2D, GlobalAveragePooling3D,
)  # fmt: skip
GlobalMaxPool1D, GlobalMaxPool2D, GlobalMaxPool3D = GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D
Convolution1D, Convolution2D, Convolution3D = Conv1D, Conv2D, Conv3D
Convolution1DTranspose, Convolution2DTranspose = Conv1DTranspose, Conv2DTranspose
Convolution3DTranspose = Conv3DTranspose
SeparableConvolution1D, SeparableConvolution2D = SeparableConv1D, SeparableConv2D

__all__ = [
    "ELU",
    "GRU",
    "LSTM",
    "RNN",
    "Activation",
    "ActivityRegularization",
    "AdaptiveAveragePooling1D",
    "AdaptiveAveragePooling2D",
    "AdaptiveAveragePooling3D",
    "AdaptiveMaxPooling1D",
    "AdaptiveMaxPooling2D",
    "AdaptiveMaxPooling3D",
    "Add",
    "AdditiveAttention",
    "AlphaDropout",
    "Attention",
    "AugMix",
    "AutoContrast",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "BatchNormalization",
    "Bidirectional",
    "CategoryEncoding",
    "CenterCrop",
    "Concatenate",
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "ConvLSTM1D",
    "ConvLSTM2D",
    "ConvLSTM3D",
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "CutMix",
    "Dense",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Derived",
    "Discretization",
    "Dot",
    "Dropout",
    "EinsumDense",
    "Embedding",
    "Equalization",
    "Flatten",
    "GRUCell",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "GroupNormalization",
    "GroupQueryAttention",
    "HashedCrossing",
    "Hashing",
    "Identity",
    "Input",
    "InputLayer",
    "IntegerLookup",
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
    "MixUp",
    "MultiHeadAttention",
    "Multiply",
    "Normalization",
    "PReLU",
    "Parameter",
    "Permute",
    "Pipeline",
    "PositionEmbedding",
    "RMSNormalization",
    "RandAugment",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomCrop",
    "RandomElasticTransform",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHue",
    "RandomInvert",
    "RandomPerspective",
    "RandomPosterization",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomZoom",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Resizing",
    "RotaryEmbedding",
    "SeparableConv1D",
    "SeparableConv2D",
    "SimpleRNN",
    "SimpleRNNCell",
    "SinePositionEncoding",
    "Softmax",
    "Solarization",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "SpectralNormalization",
    "StackedRNNCells",
    "StringLookup",
    "Subtract",
    "TextVectorization",
    "TimeDistributed",
    "TokenAndPositionEmbedding",
    "Traced",
    "UnitNormalization",
    "UpSampling1D",
    "UpSampling2D",
    "UpSampling3D",
    "Variable",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
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
