/**
 * LLM providers with their keys, and the choice of the provider and model that serves a call: the
 * {@code providers} and {@code models} of the configuration (design.md section 7).
 */
@NullMarked
package dev.sluice.providers;

import org.jspecify.annotations.NullMarked;
