package dev.sluice.wasm.internal;

import dev.sluice.plugin.host.Vectors.Hit;
import dev.sluice.plugin.host.Vectors.Item;
import dev.sluice.plugin.host.Vectors.Query;
import dev.sluice.wasm.internal.ForeignCalls.ForeignFunction;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Answers {@code sluice.vectors.*} (plugin-sdk/ABI.md, "Vectors"). */
final class VectorCalls {
  private VectorCalls() {}

  static void register(Map<String, ForeignFunction> functions) {
    functions.put("sluice.vectors.upsert", VectorCalls::upsert);
    functions.put("sluice.vectors.search", VectorCalls::search);
    functions.put("sluice.vectors.delete", VectorCalls::delete);
    functions.put("sluice.vectors.deleteWhere", VectorCalls::deleteWhere);
  }

  private static int upsert(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    var namespace = in.string();
    var key = in.string();
    var vector = in.floats();
    var value = in.bytes();
    var item = new Item(key, vector, value, attributes(in));
    var ttl = in.optionalMillis();
    in.finish();
    return vm.answers()
        .<Boolean>start(
            (services, completion) -> services.vectors().upsert(namespace, item, ttl, completion),
            VectorCalls::flag,
            addressOut,
            sizeOut);
  }

  private static int search(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    var namespace = in.string();
    var vector = in.floats();
    int k = in.u32();
    double minScore = in.f64();
    var query = new Query(vector, k, minScore, attributes(in));
    in.finish();
    return vm.answers()
        .<List<Hit>>start(
            (services, completion) -> services.vectors().search(namespace, query, completion),
            VectorCalls::hits,
            addressOut,
            sizeOut);
  }

  private static int delete(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    var namespace = in.string();
    var key = in.string();
    in.finish();
    return vm.answers()
        .<Boolean>start(
            (services, completion) -> services.vectors().delete(namespace, key, completion),
            VectorCalls::flag,
            addressOut,
            sizeOut);
  }

  private static int deleteWhere(GuestVm vm, int arguments, int size, int addressOut, int sizeOut) {
    var in = new WireReader(vm.memory().bytes(), arguments, size);
    var namespace = in.string();
    var filter = attributes(in);
    in.finish();
    return vm.answers()
        .<Long>start(
            (services, completion) -> services.vectors().deleteWhere(namespace, filter, completion),
            WireWriter::u64,
            addressOut,
            sizeOut);
  }

  private static Map<String, String> attributes(WireReader in) {
    int count = in.count(8);
    var attributes = new LinkedHashMap<String, String>();
    for (int i = 0; i < count; i++) {
      var name = in.string();
      if (attributes.put(name, in.string()) != null) {
        throw new WireReader.Malformed("attribute " + name + " stands twice (expected: once)");
      }
    }
    return attributes;
  }

  private static void flag(WireWriter answer, boolean value) {
    answer.u8(value ? 1 : 0);
  }

  private static void hits(WireWriter answer, List<Hit> hits) {
    answer.u32(hits.size());
    for (var hit : hits) {
      answer.string(hit.key()).f64(hit.score()).bytes(hit.value()).u32(hit.attributes().size());
      hit.attributes().forEach((name, value) -> answer.string(name).string(value));
    }
  }
}
