@NullMarked
package dev.sluice.usage.internal;

import org.jspecify.annotations.NullMarked;
