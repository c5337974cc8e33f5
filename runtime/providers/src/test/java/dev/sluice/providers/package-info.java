@NullMarked
package dev.sluice.providers;

import org.jspecify.annotations.NullMarked;
