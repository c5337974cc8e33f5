/** How the formats are read and written. */
@NullMarked
package dev.sluice.ai.internal;

import org.jspecify.annotations.NullMarked;
