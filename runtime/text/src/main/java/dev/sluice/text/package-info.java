/** What policies ask about text: multi-pattern matching, tokens, embeddings. */
@NullMarked
package dev.sluice.text;

import org.jspecify.annotations.NullMarked;
