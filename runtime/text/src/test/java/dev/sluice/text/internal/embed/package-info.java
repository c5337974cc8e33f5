@NullMarked
package dev.sluice.text.internal.embed;

import org.jspecify.annotations.NullMarked;
