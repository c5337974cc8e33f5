@NullMarked
package dev.sluice.http.internal;

import org.jspecify.annotations.NullMarked;
