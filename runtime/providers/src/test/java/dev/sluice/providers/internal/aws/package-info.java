@NullMarked
package dev.sluice.providers.internal.aws;

import org.jspecify.annotations.NullMarked;
