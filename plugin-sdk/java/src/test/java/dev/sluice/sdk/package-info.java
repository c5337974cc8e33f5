/** Tests of the SDK. */
@NullMarked
package dev.sluice.sdk;

import org.jspecify.annotations.NullMarked;
