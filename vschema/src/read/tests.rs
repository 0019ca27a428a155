//! What a vschema file means, and what its faults are called.

use crate::model::{Generator, GlobalTable, Routed, TableKind, TabletType, VSchema};

fn parse(text: &str) -> Result<VSchema, String> {
    VSchema::parse("vschema.yaml", text, &|_| Err("no such file".to_owned())).map_err(|faults| faults.to_string())
}

const SAMPLE: &str = "\
version: 1
keyspaces:
  commerce:
    tables:
      customer_seq: {type: sequence}
      country: {}
  customer:
    sharded: true
    foreign_key_mode: unmanaged
    vindexes:
      xxhash: {type: xxhash}
      by_email:
        type: consistent_lookup_unique
        params: {table: commerce.by_email, from: email, to: keyspace_id}
        owner: customer
    tables:
      customer:
        column_vindexes:
          - {column: id, name: xxhash}          # the first is the primary vindex: it decides the shard
          - {column: email, name: by_email}
        auto_increment: {column: id, sequence: commerce.customer_seq}
      orders:
        column_vindexes: [{column: customer_id, name: xxhash}]
        auto_increment: {column: id, generator: snowflake}
      country: {type: reference, source: commerce.country}
routing_rules:
  rules: [{from_table: old.customer, to_tables: [customer.customer]}, {from_table: gone@replica, to_tables: []}]
shard_routing_rules: {rules: [{from_keyspace: customer, to_keyspace: commerce, shard: \"-80\"}]}
keyspace_routing_rules: {rules: [{from_keyspace: old, to_keyspace: customer}]}
mirror_rules: {rules: [{from_table: commerce.country, to_table: customer.country, percent: 2.5}]}
";

#[test]
fn the_contracts_example_is_read() {
    let schema = parse(SAMPLE).unwrap();
    let customer = schema.table("customer", "customer").unwrap();
    assert_eq!(customer.primary_vindex().unwrap().vindex.vindex_type(), "xxhash");
    assert!(customer.column_vindexes[1].owned);
    let Generator::Sequence(sequence) = &customer.auto_increment.as_ref().unwrap().generator else { panic!() };
    assert_eq!(sequence.to_string(), "commerce.customer_seq");
    assert_eq!(
        schema.table("customer", "orders").unwrap().auto_increment.as_ref().unwrap().generator,
        Generator::Snowflake
    );
    let TableKind::Reference { source: Some(source) } = &schema.table("customer", "country").unwrap().kind else {
        panic!()
    };
    assert_eq!(source.to_string(), "commerce.country");
    let Routed::To(to) = schema.routed(Some("old"), "customer", TabletType::Replica) else { panic!() };
    assert_eq!(to.to_string(), "customer.customer");
    assert_eq!(schema.routed(None, "gone", TabletType::Replica), Routed::Disabled);
    assert_eq!(schema.routed(None, "gone", TabletType::Primary), Routed::NoRule);
    assert_eq!(schema.keyspace_routed("old", TabletType::Primary), Some("customer"));
    assert_eq!(schema.shard_routed("customer", &"-80".parse().unwrap()), Some("commerce"));
    // A reference table stands behind its source; other names must be unique.
    let GlobalTable::Unique(country) = schema.global_table("country") else { panic!() };
    assert_eq!(&*country.keyspace, "commerce");
    assert_eq!(schema.global_table("nothing"), GlobalTable::Unknown);
}

#[test]
fn yaml_and_json_that_are_written_read_back_as_the_same_vschema() {
    let schema = parse(SAMPLE).unwrap();
    let yaml = schema.to_yaml().unwrap();
    assert_eq!(parse(&yaml).unwrap(), schema, "{yaml}");
    assert_eq!(parse(&schema.to_json().to_string()).unwrap(), schema);
}

#[test]
fn a_difference_is_told_item_by_item() {
    let old = parse(SAMPLE).unwrap();
    let new = SAMPLE
        .replace("      orders:\n", "      invoices:\n")
        .replace("foreign_key_mode: unmanaged", "foreign_key_mode: managed")
        .replace("sequence: commerce.customer_seq", "generator: snowflake")
        .replace("xxhash: {type: xxhash}", "xxhash: {type: hash}")
        .replace("percent: 2.5", "percent: 3");
    let new = parse(&new).unwrap();
    assert_eq!(old.diff(&old), Vec::<String>::new());
    assert_eq!(
        old.diff(&new),
        [
            "~ keyspace customer: foreign_key_mode: unmanaged -> managed",
            "~ vindex customer.xxhash: type: \"xxhash\" -> \"hash\"",
            "~ table customer.customer: auto_increment: {\"column\":\"id\",\"sequence\":\"commerce.customer_seq\"} -> {\"column\":\"id\",\"generator\":\"snowflake\"}",
            "+ table customer.invoices: {\"column_vindexes\":[{\"column\":\"customer_id\",\"name\":\"xxhash\"}],\"auto_increment\":{\"column\":\"id\",\"generator\":\"snowflake\"}}",
            "- table customer.orders",
            "- mirror_rules: {\"from_table\":\"commerce.country\",\"to_table\":\"customer.country\",\"percent\":2.5}",
            "+ mirror_rules: {\"from_table\":\"commerce.country\",\"to_table\":\"customer.country\",\"percent\":3}",
        ]
    );
}

#[test]
fn every_fault_of_a_file_is_reported_with_its_place_and_a_hint() {
    let text = "\
version: 2
keyspaces:
  commerce:
    tables:
      seq: {type: sequense}
      plain: {source: commerce.seq}
  customer:
    sharded: yes
    vindexs: {}
  shop:
    sharded: true
    foreign_key_mode: manage
    vindexes:
      xxhash: {type: xxhsh}
      hash: {type: hash, params: {a: b}}
      hasx: {type: hash}
      look: {type: lookup, params: {table: t, from: f, to: k}, owner: nobody}
      two: {type: multicol, params: {column_count: 2}}
    tables:
      a: {}
      b: {column_vindexes: [{column: id, name: hsah}]}
      c: {column_vindexes: [{column: id, columns: [id], name: hasx}]}
      d: {column_vindexes: [{column: id, name: look}]}
      e: {column_vindexes: [{column: id, name: hasx}, {columns: [x, y], name: two}], auto_increment: {column: id, sequence: commerce.sek}}
      f: {column_vindexes: [{columns: [id, ID], name: hasx}], auto_increment: {column: id}}
      g: {type: reference, source: shop.a}
      h: {pinned: abc}
      i.j: {type: reference, columns: [{name: x, type: VARCHR}, {name: X}]}
routing_rules: {rules: [{from_table: a, to_tables: [nowhere.b]}, {from_table: a, to_tables: [b]}, {from_table: a@replic, to_tables: [shop.zz]}]}
mirror_rules: {rules: [{from_table: shop.a, to_table: shop.b, percent: 101}]}
";
    let error = parse(text).unwrap_err();
    let expected = "\
vschema.yaml:1:10: version: this version of the file's format isn't known: write `version: 1`
vschema.yaml:5:19: keyspaces.commerce.tables.seq.type: unknown table type `sequense`: did you mean `sequence`?
vschema.yaml:6:23: keyspaces.commerce.tables.plain.source: only a reference table has a source: add `type: reference`
vschema.yaml:8:14: keyspaces.customer.sharded: expected `true` or `false`, found `yes`
vschema.yaml:9:5: keyspaces.customer.vindexs: unknown key `vindexs`: did you mean `vindexes`?
vschema.yaml:12:23: keyspaces.shop.foreign_key_mode: unknown foreign key mode `manage`: did you mean `managed`?
vschema.yaml:14:22: keyspaces.shop.vindexes.xxhash.type: unknown vindex type `xxhsh`: did you mean `xxhash`?
vschema.yaml:15:38: keyspaces.shop.vindexes.hash.params.a: a vindex of type `hash` has no parameter `a`
vschema.yaml:17:71: keyspaces.shop.vindexes.look.owner: unknown table `nobody`: known are `a`, `b`, `c`, `d`, `e`, `f`, `g`, `h`, `i.j`
vschema.yaml:20:10: keyspaces.shop.tables.a: a table of a sharded keyspace needs `column_vindexes`: the first decides a row's shard: add it, or say `type: reference` if every shard has all rows
vschema.yaml:21:48: keyspaces.shop.tables.b.column_vindexes[0].name: unknown vindex `hsah`: did you mean `hash`?
vschema.yaml:22:51: keyspaces.shop.tables.c.column_vindexes[0].columns: give either `column` or `columns`, not both
vschema.yaml:23:48: keyspaces.shop.tables.d.column_vindexes[0].name: the primary vindex must be unique, and `lookup` is not
vschema.yaml:24:79: keyspaces.shop.tables.e.column_vindexes[1].name: a vindex of type `multicol` can only be the primary vindex
vschema.yaml:24:125: keyspaces.shop.tables.e.auto_increment.sequence: unknown table `commerce.sek`
vschema.yaml:25:29: keyspaces.shop.tables.f.column_vindexes[0]: the vindex `hasx` takes 1 column(s), and 2 are given
vschema.yaml:25:44: keyspaces.shop.tables.f.column_vindexes[0].columns[1]: the column is already given
vschema.yaml:25:79: keyspaces.shop.tables.f.auto_increment: the key `sequence` (or `generator`) is missing
vschema.yaml:26:36: keyspaces.shop.tables.g.source: the source must be in another keyspace
vschema.yaml:27:19: keyspaces.shop.tables.h.pinned: no keyspace id: `abc` has an odd number of hex digits: two digits make a byte (write `0abc` or `abc0`)
vschema.yaml:28:7: keyspaces.shop.tables.i.j: the name of a table can't have the character `.`
vschema.yaml:28:56: keyspaces.shop.tables.i.j.columns[0].type: unknown column type `VARCHR`: did you mean `VARCHAR`?
vschema.yaml:28:65: keyspaces.shop.tables.i.j.columns[1]: the column `X` is already given
vschema.yaml:29:53: routing_rules.rules[0].to_tables[0]: unknown keyspace `nowhere`: known are `commerce`, `customer`, `shop`
vschema.yaml:29:79: routing_rules.rules[1].from_table: a rule for `a` is already given
vschema.yaml:29:94: routing_rules.rules[1].to_tables[0]: the table `b` needs its keyspace: write `keyspace.table`
vschema.yaml:29:112: routing_rules.rules[2].from_table: unknown tablet type `replic`: did you mean `replica`?
vschema.yaml:30:55: mirror_rules.rules[0].to_table: a table is mirrored to a table of another keyspace
vschema.yaml:30:72: mirror_rules.rules[0].percent: expected a percentage from 0 to 100, found 101";
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(&error), lines(expected));
}

#[test]
fn a_vschema_of_vitess_in_json_with_camel_case_keys_is_read() {
    let schema = parse(
        r#"{"keyspaces": {"u": {"sharded": false, "tables": {"s": {"type": "sequence"}}},
        "k": {"sharded": true, "foreignKeyMode": "managed", "requireExplicitRouting": true,
        "vindexes": {"h": {"type": "hash"}}, "tables": {"t": {"columnVindexes": [{"columns": ["id"], "name": "h"}],
        "autoIncrement": {"column": "id", "sequence": "s"}, "columnListAuthoritative": true,
        "columns": [{"name": "id", "type": "INT64"}]}}}}}"#,
    )
    .unwrap();
    let table = schema.table("k", "t").unwrap();
    assert!(table.column_list_authoritative);
    let Generator::Sequence(sequence) = &table.auto_increment.as_ref().unwrap().generator else { panic!() };
    assert_eq!(sequence.to_string(), "u.s");
    assert_eq!(schema.global_table("t"), GlobalTable::Unknown);
}

#[test]
fn the_vschema_of_one_keyspace_is_told_from_a_whole_one() {
    assert_eq!(
        parse("{\"sharded\": true, \"vindexes\": {}}").unwrap_err(),
        "vschema.yaml:1:1: this is the vschema of one keyspace: put it under `keyspaces:` and the keyspace's name"
    );
}
