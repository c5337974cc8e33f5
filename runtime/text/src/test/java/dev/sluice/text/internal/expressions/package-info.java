@NullMarked
package dev.sluice.text.internal.expressions;

import org.jspecify.annotations.NullMarked;
