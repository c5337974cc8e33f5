/**
 * The normalized LLM exchange: one model for every client protocol (design: "what a guard sees").
 */
@NullMarked
package dev.sluice.plugin.ai;

import org.jspecify.annotations.NullMarked;
