/**
 * LLM wire formats and the normalized exchange that plugins see: requests and responses of OpenAI,
 * Anthropic and Gemini clients and providers, read as they stream, edited in place, translated.
 */
@NullMarked
package dev.sluice.ai;

import org.jspecify.annotations.NullMarked;
