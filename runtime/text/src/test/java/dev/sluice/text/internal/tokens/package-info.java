@NullMarked
package dev.sluice.text.internal.tokens;

import org.jspecify.annotations.NullMarked;
