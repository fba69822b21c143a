"""StringLookup and IntegerLookup: the numbers of Keras's documentation, argument by argument."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Sequential
from pellucid import layers as L
from pellucid.errors import DataError, FileError, InvalidArgument, PellucidError, UnknownName, WrongType

WORDS = ["a", "b", "c", "d"]
NUMBERS = [12, 36, 1138, 42]
IDF = [0.25, 0.75, 0.6, 0.4]


def test_words_have_their_places() -> None:
    x = [["a", "c", "d"], ["d", "z", "b"]]
    assert L.StringLookup(vocabulary=WORDS)(x).tolist() == [[1, 3, 4], [4, 0, 2]]
    assert L.StringLookup(vocabulary=WORDS, mask_token="")([["", "a", "z"]]).tolist() == [[0, 2, 1]]
    assert L.StringLookup(vocabulary=WORDS, num_oov_indices=0)([["a", "d"]]).tolist() == [[0, 3]]
    with pytest.raises(DataError, match="tokens of the vocabulary, got 'z'"):
        L.StringLookup(vocabulary=WORDS, num_oov_indices=0)(x)
    back = L.StringLookup(vocabulary=WORDS, invert=True)
    assert back([[1, 3, 4], [4, 0, 2]]).tolist() == [["a", "c", "d"], ["d", "[UNK]", "b"]]
    assert L.StringLookup(vocabulary=["ä"], encoding="latin-1")([["ä".encode("latin-1")]]).tolist() == [[1]]


def test_numbers_have_their_places() -> None:
    x = [[12, 1138, 42], [42, 1000, 36]]
    assert L.IntegerLookup(vocabulary=NUMBERS)(x).tolist() == [[1, 3, 4], [4, 0, 2]]
    assert L.IntegerLookup(vocabulary=NUMBERS, invert=True)([[1, 3, 4], [4, 0, 2]]).tolist() == [
        [12, 1138, 42], [42, -1, 36]
    ]  # fmt: skip
    layer = L.IntegerLookup(vocabulary=NUMBERS, num_oov_indices=2)
    assert layer([[12, 1138, 42], [37, 1000, 36]]).tolist() == [[2, 4, 5], [1, 0, 3]]
    assert L.IntegerLookup(vocabulary=[2**60])([[2**60, 2**60 + 1]]).tolist() == [[1, 0]]


@pytest.mark.parametrize("make", [lambda **more: L.StringLookup(vocabulary=WORDS, **more),
                                  lambda **more: L.IntegerLookup(vocabulary=NUMBERS, **more)])  # fmt: skip
def test_vectors_of_each_output_mode(make: Any) -> None:
    tokens = np.array([*make().get_vocabulary(False), "z" if make().of_text else 7], object)
    one = make(output_mode="one_hot")(tokens[:, None])
    np.testing.assert_array_equal(one, np.eye(5)[[1, 2, 3, 4, 0]])
    x = tokens[[[0, 2, 3, 3], [3, 4, 1, 4]]]
    np.testing.assert_array_equal(make(output_mode="multi_hot")(x), [[0, 1, 0, 1, 1], [1, 0, 1, 0, 1]])
    np.testing.assert_array_equal(make(output_mode="count")(x), [[0, 1, 0, 1, 2], [2, 0, 1, 0, 1]])
    weighed = make(output_mode="tf_idf", idf_weights=IDF)(x)
    np.testing.assert_allclose(weighed, [[0, 0.25, 0, 0.6, 0.8], [1.0, 0, 0.75, 0, 0.4]], rtol=1e-6)
    padded = make(output_mode="tf-idf", idf_weights=IDF, max_tokens=7, pad_to_max_tokens=True)(x)
    np.testing.assert_allclose(padded, np.pad(weighed, [(0, 0), (0, 2)]), rtol=1e-6)


def test_the_whole_vocabulary_brings_the_weight_of_the_unknown_along() -> None:
    layer = L.StringLookup(vocabulary=["[UNK]", *WORDS], output_mode="tf_idf", idf_weights=[0.9, *IDF])
    x = [["a", "c", "d", "d"], ["d", "z", "b", "z"]]
    np.testing.assert_allclose(layer(x), [[0, 0.25, 0, 0.6, 0.8], [1.8, 0, 0.75, 0, 0.4]], rtol=1e-6)


def test_the_mask_is_dropped_from_vectors() -> None:
    layer = L.IntegerLookup(vocabulary=[5, 2], mask_token=0, output_mode="count")
    np.testing.assert_array_equal(layer([[0, 5, 0, 9]]), [[1, 1, 0]])
    assert layer.get_vocabulary() == [-1, 5, 2]


def test_adapt_learns_the_most_frequent_first() -> None:
    layer = L.StringLookup()
    layer.adapt([["a", "c", "d"], ["d", "z", "b"]])
    assert layer.get_vocabulary() == ["[UNK]", "d", "z", "c", "b", "a"]
    assert layer.get_vocabulary(include_special_tokens=False) == ["d", "z", "c", "b", "a"]
    assert layer.vocabulary_size() == 6
    short = L.StringLookup(max_tokens=4, mask_token="")
    batches = [(np.array([["d"], ["c"]]), [0, 1]), (np.array([["d"], [""]]), [1, 1]), (np.array([["x"], ["x"]]), [0])]
    short.adapt(iter(batches), steps=2)
    assert short.get_vocabulary() == ["", "[UNK]", "d", "c"]


def test_adapt_learns_the_weights_of_tf_idf() -> None:
    layer = L.StringLookup(output_mode="tf_idf")
    layer.adapt([["a", "a", "b"], ["a", "c", "c"]])
    idf = np.log(1 + 2 / (1 + np.array([2.0, 1.0, 1.0])))  # a, c, b
    assert layer.get_vocabulary() == ["[UNK]", "a", "c", "b"]
    np.testing.assert_allclose(layer([["a", "a", "z"]]), [[idf.mean(), 2 * idf[0], 0, 0]], rtol=1e-6)


def test_hashes_choose_among_several_places_for_the_unknown() -> None:
    layer = L.IntegerLookup(vocabulary=NUMBERS, num_oov_indices=4, oov_method="farmhash")
    plain = L.IntegerLookup(vocabulary=NUMBERS, num_oov_indices=4)
    unknown = np.arange(100, 300, 4)[:, None]
    assert set(plain(unknown)[:, 0]) == {0}
    assert set(layer(unknown)[:, 0]) == {0, 1, 2, 3}
    np.testing.assert_array_equal(layer(unknown), L.Hashing(4)(unknown))
    words = [["q"], ["r"], ["s"], ["t"]]
    salted = L.StringLookup(vocabulary=WORDS, num_oov_indices=3, salt=[133, 137])
    np.testing.assert_array_equal(salted(words), L.Hashing(3, salt=[133, 137])(words))


def test_a_vocabulary_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("a\nb\n")
    assert L.StringLookup(vocabulary=str(path)).get_vocabulary() == ["[UNK]", "a", "b"]
    path.write_bytes(b"\xef\xbb\xbfa\r\nb\r\n")  # as a Windows editor may write it
    assert L.StringLookup(vocabulary=path).get_vocabulary() == ["[UNK]", "a", "b"]
    path.write_text("")
    with pytest.raises(DataError, match="at least one token"):
        L.StringLookup(vocabulary=path)
    path.write_text("7\n-3\n")
    assert L.IntegerLookup(vocabulary=str(path))([[-3]]).tolist() == [[2]]
    with pytest.raises(FileError, match="token in each line"):
        L.StringLookup(vocabulary=str(tmp_path / "none.txt"))
    config = {**L.StringLookup(vocabulary=["a"]).get_config(), "vocabulary": str(path)}
    with pytest.raises(InvalidArgument, match="no file is opened"):
        L.StringLookup.from_config(config)


def test_a_vocabulary_that_cannot_be_is_refused() -> None:
    for bad, words in (
        (["a", "a"], "'a' twice"), ([], "at least one token"), (["b", ""], "'' first"), (list("abcdefgh"), "5 places"),
    ):  # fmt: skip
        with pytest.raises(DataError, match=words):
            L.StringLookup(5, mask_token="").set_vocabulary(bad)
    with pytest.raises(WrongType, match="a list of tokens"):
        L.StringLookup(vocabulary=3)
    with pytest.raises(WrongType, match="text, got 3"):
        L.StringLookup(vocabulary=["a", 3])
    with pytest.raises(InvalidArgument, match="one weight for each token"):
        L.StringLookup(vocabulary=WORDS, output_mode="tf_idf")
    with pytest.raises(InvalidArgument, match="unless output_mode is 'tf_idf'"):
        L.StringLookup(vocabulary=WORDS, idf_weights=IDF)
    with pytest.raises(InvalidArgument, match="4 of them"):
        L.StringLookup(vocabulary=WORDS, output_mode="tf_idf", idf_weights=[1.0])
    for nothing in ([["[UNK]"]], np.zeros((0, 2), object)):
        with pytest.raises(DataError, match="at least one token"):
            L.StringLookup().adapt(nothing)


@pytest.mark.parametrize(("arguments", "words"), [
    ({"max_tokens": 1}, "max_tokens"), ({"num_oov_indices": -1}, "num_oov_indices"),
    ({"pad_to_max_tokens": True}, "max_tokens"), ({"output_mode": "tfidf"}, "tf_idf"),
    ({"invert": True, "output_mode": "count"}, "invert"), ({"sparse": True}, "dense"), ({"salt": -1}, "salt"),
    ({"encoding": "utf-9"}, "encoding"), ({"oov_method": "md5"}, "farmhash"), ({"oov_token": None}, "text"),
])  # fmt: skip
def test_arguments_are_checked(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises((InvalidArgument, UnknownName, WrongType), match=words):
        L.StringLookup(**arguments)


def test_a_network_s_vocabulary_keeps_its_size() -> None:
    layer = L.StringLookup(vocabulary=WORDS, output_mode="multi_hot")
    Sequential([L.Input((2,), dtype="string"), layer, L.Dense(1)])
    layer.set_vocabulary(["w", "x", "y", "z"])
    with pytest.raises(InvalidArgument, match="5 places, for which a network was made, got 2"):
        layer.set_vocabulary(["a"])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: L.StringLookup().adapt(iter([["a"]]), steps="two"), "argument steps: expected a whole number"),
        (lambda: L.StringLookup().adapt(iter([["a"]]), steps=-1), "argument steps: expected a whole number"),
        (lambda: L.StringLookup(vocabulary="a\0b"), "a text file with a token in each line"),
        (lambda: L.IntegerLookup(vocabulary=[1])(np.array([2**64 - 1], "uint64")), "whole numbers up to 92233720368"),
        (lambda: L.CategoryEncoding(3, output_mode="count")([[0]], count_weights=[["a"]]), "count_weights.* numbers"),
        (lambda: L.TextVectorization(split=lambda texts: 3, vocabulary=["a"])(["a"]), "a list of tokens for each text"),
        (lambda: L.TextVectorization(split=list, vocabulary=["a"])(["a"]), "a list of tokens for each text, got "),
    ],
)
def test_what_no_layer_can_read_is_told_in_a_sentence(call: Any, said: str) -> None:
    with pytest.raises(PellucidError, match=said):
        call()
