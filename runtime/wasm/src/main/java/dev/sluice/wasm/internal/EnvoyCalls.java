package dev.sluice.wasm.internal;

import dev.sluice.plugin.PluginException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Answers the foreign functions that guests know from Envoy and Higress. Their arguments are
 * protocol buffers, those of {@code compress} and {@code uncompress} plain bytes (zlib, RFC 1950).
 *
 * <p>Left out: {@code expr_create, expr_evaluate, expr_delete} (Envoy's CEL) and the functions of
 * its stat sinks.
 */
final class EnvoyCalls {
  private static final Set<String> HASHES = Set.of("sha1", "sha224", "sha256", "sha384", "sha512");

  private EnvoyCalls() {}

  static void register(Map<String, ForeignCalls.ForeignFunction> functions) {
    functions.put("compress", EnvoyCalls::compress);
    functions.put("uncompress", EnvoyCalls::uncompress);
    functions.put("verify_signature", EnvoyCalls::verify);
    functions.put("sign", EnvoyCalls::sign);
    functions.put("set_envoy_filter_state", EnvoyCalls::setFilterState);
    functions.put("declare_property", EnvoyCalls::declareProperty);
    // Higress'.
    functions.put("inject_encoded_data_to_filter_chain", EnvoyCalls::inject);
    functions.put("inject_encoded_data_to_filter_chain_on_header", EnvoyCalls::inject);
    functions.put("set_global_max_requests_per_io_cycle", (vm, a, size, out, outSize) -> 0);
  }

  private static int compress(GuestVm vm, int at, int size, int addressOut, int sizeOut) {
    var deflater = new Deflater();
    try {
      deflater.setInput(vm.memory().copyOf(at, size));
      deflater.finish();
      var out = new ByteArrayOutputStream(size / 2 + 64);
      var buffer = new byte[8192];
      while (!deflater.finished()) {
        out.write(buffer, 0, deflater.deflate(buffer));
      }
      return ForeignCalls.give(vm, out.toByteArray(), out.size(), addressOut, sizeOut);
    } finally {
      deflater.end();
    }
  }

  private static int uncompress(GuestVm vm, int at, int size, int addressOut, int sizeOut) {
    long most = vm.context().limits().bodyBuffer();
    var inflater = new Inflater();
    try {
      inflater.setInput(vm.memory().copyOf(at, size));
      var out = new ByteArrayOutputStream(size * 2 + 64);
      var buffer = new byte[8192];
      while (!inflater.finished()) {
        int got = inflater.inflate(buffer);
        if (got == 0) {
          return AbiStatus.SERIALIZATION_FAILURE; // cut off, or wants a dictionary
        }
        out.write(buffer, 0, got);
        if (out.size() > most) {
          throw new ForeignCalls.LimitReached(
              "more than " + most + " bytes (expected: at most limits.bodyBuffer)");
        }
      }
      return ForeignCalls.give(vm, out.toByteArray(), out.size(), addressOut, sizeOut);
    } catch (DataFormatException e) {
      return AbiStatus.SERIALIZATION_FAILURE;
    } finally {
      inflater.end();
    }
  }

  private static int verify(GuestVm vm, int at, int size, int addressOut, int sizeOut) {
    var arguments = ProtoMessage.read(vm.memory().copyOf(at, size));
    var encoded = arguments == null ? null : oneOf(arguments.bytes(2), arguments.text(5));
    var key = encoded == null ? null : publicKey(encoded);
    if (arguments == null || key == null) {
      return AbiStatus.BAD_ARGUMENT;
    }
    var error = "";
    try {
      var signature = signature(arguments.text(1), key);
      if (signature == null) {
        error = arguments.text(1) + " is not supported.";
      } else {
        signature.initVerify(key);
        signature.update(arguments.bytes(4));
        error = signature.verify(arguments.bytes(3)) ? "" : "Failed to verify digital signature.";
      }
    } catch (GeneralSecurityException e) {
      error = "Failed to verify digital signature: " + e.getMessage();
    }
    var result =
        new ProtoMessage.Writer()
            .flag(1, error.isEmpty())
            .bytes(2, error.getBytes(StandardCharsets.UTF_8))
            .done();
    return ForeignCalls.give(vm, result, result.length, addressOut, sizeOut);
  }

  private static int sign(GuestVm vm, int at, int size, int addressOut, int sizeOut) {
    var arguments = ProtoMessage.read(vm.memory().copyOf(at, size));
    var encoded = arguments == null ? null : oneOf(arguments.bytes(2), arguments.text(4));
    var key = encoded == null ? null : privateKey(encoded);
    if (arguments == null || key == null) {
      return AbiStatus.BAD_ARGUMENT;
    }
    var result = new ProtoMessage.Writer();
    try {
      var signature = signature(arguments.text(1), key);
      if (signature == null) {
        var error = arguments.text(1) + " is not supported.";
        result.bytes(3, error.getBytes(StandardCharsets.UTF_8));
      } else {
        signature.initSign(key);
        signature.update(arguments.bytes(3));
        result.flag(1, true).bytes(2, signature.sign());
      }
    } catch (GeneralSecurityException e) {
      result.bytes(3, ("Failed to sign: " + e.getMessage()).getBytes(StandardCharsets.UTF_8));
    }
    var bytes = result.done();
    return ForeignCalls.give(vm, bytes, bytes.length, addressOut, sizeOut);
  }

  /** Returns a key in DER from the one of two forms that is given; null for none or both. */
  private static byte @Nullable [] oneOf(byte[] der, String pem) {
    if ((der.length > 0) == !pem.isEmpty()) {
      return null;
    }
    if (der.length > 0) {
      return der;
    }
    try {
      return Base64.getMimeDecoder().decode(pem.replaceAll("-----[^-]*-----", ""));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static @Nullable PublicKey publicKey(byte[] der) {
    for (var algorithm : List.of("RSA", "EC")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePublic(new X509EncodedKeySpec(der));
      } catch (InvalidKeySpecException e) {
        // Perhaps of the other kind.
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("every JDK has " + algorithm, e);
      }
    }
    return null;
  }

  private static @Nullable PrivateKey privateKey(byte[] der) {
    for (var algorithm : List.of("RSA", "EC")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
      } catch (InvalidKeySpecException e) {
        // Perhaps of the other kind.
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("every JDK has " + algorithm, e);
      }
    }
    return null;
  }

  /** Returns RSASSA-PKCS1-v1_5 or ECDSA by the kind of key; null for an unknown hash. */
  private static @Nullable Signature signature(String hash, Key key)
      throws GeneralSecurityException {
    var name = hash.toLowerCase(Locale.ROOT);
    return HASHES.contains(name)
        ? Signature.getInstance(
            name.toUpperCase(Locale.ROOT)
                + "with"
                + (key.getAlgorithm().equals("EC") ? "ECDSA" : "RSA"))
        : null;
  }

  /** Keeps a value that every plugin of the exchange can read as {@code filter_state.PATH}. */
  private static int setFilterState(GuestVm vm, int at, int size, int addressOut, int sizeOut) {
    var arguments = ProtoMessage.read(vm.memory().copyOf(at, size));
    var context = vm.active();
    if (arguments == null || context == null || arguments.bytes(1).length == 0) {
      return AbiStatus.BAD_ARGUMENT;
    }
    try {
      var path = List.of("filter_state", arguments.text(1));
      return context.properties().set(path, arguments.bytes(2))
          ? AbiStatus.OK
          : AbiStatus.BAD_ARGUMENT;
    } catch (PluginException e) {
      vm.logOnce("set_envoy_filter_state: " + e.getMessage());
      return AbiStatus.INTERNAL_FAILURE;
    }
  }

  /** Properties need no declaration here: any can be set, as bytes. */
  private static int declareProperty(GuestVm vm, int at, int size, int addressOut, int sizeOut) {
    var arguments = ProtoMessage.read(vm.memory().copyOf(at, size));
    return arguments == null || arguments.bytes(1).length == 0
        ? AbiStatus.BAD_ARGUMENT
        : AbiStatus.OK;
  }

  private static int inject(GuestVm vm, int at, int size, int addressOut, int sizeOut) {
    var arguments = ProtoMessage.read(vm.memory().copyOf(at, size));
    return arguments == null
        ? AbiStatus.BAD_ARGUMENT
        : StreamCalls.injectResponse(vm, arguments.bytes(1), arguments.flag(2));
  }
}
