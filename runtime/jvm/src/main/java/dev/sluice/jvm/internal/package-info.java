/** Class loading and contexts behind {@link dev.sluice.jvm.JvmEngine}. */
@NullMarked
package dev.sluice.jvm.internal;

import org.jspecify.annotations.NullMarked;
