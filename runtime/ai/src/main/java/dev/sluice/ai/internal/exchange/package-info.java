/** Takes LLM calls through the filter chain to providers and their answers back. */
@NullMarked
package dev.sluice.ai.internal.exchange;

import org.jspecify.annotations.NullMarked;
