/**
 * What Amazon Bedrock has of its own: signatures, event streams, the frame around a model's API.
 */
@NullMarked
package dev.sluice.providers.internal.aws;

import org.jspecify.annotations.NullMarked;
