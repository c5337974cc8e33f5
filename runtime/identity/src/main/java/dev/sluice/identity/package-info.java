/**
 * Identifies who calls: consumers with API keys and JSON web tokens, in the places where the
 * clients of each LLM format put them.
 */
@NullMarked
package dev.sluice.identity;

import org.jspecify.annotations.NullMarked;
