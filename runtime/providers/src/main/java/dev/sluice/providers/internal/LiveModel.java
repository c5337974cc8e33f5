package dev.sluice.providers.internal;

import dev.sluice.providers.ModelSpec;

/**
 * Is a model of one configuration. Immutable.
 *
 * @param tiers who serves it: its targets, then each fallback for itself
 */
record LiveModel(
    ModelSpec spec, LiveTarget[][] tiers, LiveCanary[] canaries, LiveChoice[] choices) {}
