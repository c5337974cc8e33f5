/** Embeddings behind {@link dev.sluice.text.EmbedderProvider}. */
@NullMarked
package dev.sluice.text.internal.embed;

import org.jspecify.annotations.NullMarked;
