@NullMarked
package dev.sluice.control.internal;

import org.jspecify.annotations.NullMarked;
