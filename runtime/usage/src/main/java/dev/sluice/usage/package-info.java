/**
 * Keeps what LLM exchanges used and cost, and tells OpenTelemetry of exchanges: usage by consumer,
 * model, provider, route and day; metrics and spans by the GenAI conventions.
 */
@NullMarked
package dev.sluice.usage;

import org.jspecify.annotations.NullMarked;
