"""The rules, one file each, and the order in which they are asked: causes before their consequences."""

from __future__ import annotations

import functools

from ..base import Rule


@functools.cache
def every_rule() -> tuple[Rule, ...]:
    """All rules that the zoo judges, in order; read when first asked for, so that `import pellucid` does not wait.

    >>> [rule.name for rule in every_rule()][:2]
    ['constant_inputs', 'unscaled_inputs']
    """
    from . import (
        batch_norm_batch_of_one,
        cannot_overfit_20_samples,
        class_imbalance,
        constant_inputs,
        dead_relus,
        dropout_too_strong,
        duplicates_in_validation,
        exploding_gradient,
        frozen_parameters,
        ignores_inputs,
        learning_rate_too_high,
        learning_rate_too_low,
        linear_stack,
        missing_output_activation,
        non_finite,
        one_class_always_wrong,
        overfitting,
        regularization_too_strong,
        saturated,
        softmax_and_logits,
        stopped_too_early,
        trained_too_long,
        underfitting,
        unreachable_targets,
        unscaled_inputs,
        unscaled_targets,
        validation_differs,
        vanishing_gradient,
        wrong_gradient,
        wrong_initial_loss,
        wrong_output_width,
    )

    modules = (
        # the data
        constant_inputs, unscaled_inputs, unscaled_targets,
        # how the network is wired
        softmax_and_logits, missing_output_activation, unreachable_targets, wrong_output_width,
        batch_norm_batch_of_one, linear_stack,
        # what validation can tell
        duplicates_in_validation, validation_differs,
        # how it trains
        non_finite, wrong_gradient, frozen_parameters, exploding_gradient, vanishing_gradient,
        learning_rate_too_high, saturated, wrong_initial_loss, dead_relus, dropout_too_strong,
        regularization_too_strong, learning_rate_too_low, cannot_overfit_20_samples,
        # what came of it
        stopped_too_early, class_imbalance, ignores_inputs, one_class_always_wrong, trained_too_long, overfitting,
        underfitting,
    )  # fmt: skip
    return tuple(module.RULE for module in modules)


@functools.cache
def rules_of_kinds() -> tuple[Rule, ...]:
    """Rules about layers of recurrence and batch normalization, which are tried on networks of other kinds: of those
    that make thresholds and confidences few have such."""
    from . import exploding_through_time, unsettled_averages, vanishing_through_time

    return unsettled_averages.RULE, exploding_through_time.RULE, vanishing_through_time.RULE


def all_rules() -> tuple[Rule, ...]:
    """Every rule that an examination asks: what batch normalization predicts by before what comes of that, and what
    explodes through time before what it makes of all gradients."""
    asked, (unsettled, exploding, vanishing) = every_rule(), rules_of_kinds()
    names = [rule.name for rule in asked]
    first, second = names.index("duplicates_in_validation"), names.index("exploding_gradient")
    return *asked[:first], unsettled, *asked[first:second], exploding, *asked[second:], vanishing
