// The checks of the integration tests, with Node's mysql2.
//
//   node check.js HOST PORT USER PASSWORD DATABASE BASE_ID VARIANT
//
// Works on the table client_check, on ids from BASE_ID on. VARIANT: plain, tls, or text (parameters put into the text
// by the driver, in place of prepared statements). Prints one line of JSON: the outcome of each check.
'use strict';

const mysql = require('mysql2/promise');

const [host, port, user, password, database, baseText, variant] = process.argv.slice(2);
const base = Number(baseText);
const checks = {};
let server = '';

async function check(name, body) {
  try {
    await body();
    checks[name] = 'ok';
  } catch (error) {
    checks[name] = String(error.message || error);
  }
}

function same(got, want) {
  if (JSON.stringify(got) !== JSON.stringify(want)) {
    throw new Error(`got ${JSON.stringify(got)}, not ${JSON.stringify(want)}`);
  }
}

async function fails(errno, state, promise) {
  let error;
  try {
    await promise;
  } catch (caught) {
    error = caught;
  }
  if (!error) throw new Error('no error');
  same([error.errno, error.sqlState], [errno, state]);
}

async function run(connection) {
  const text = 'Zoë 太郎 😀 \'quoted\' "double" back\\slash';
  const blob = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  const execute = (sql, values) => (variant === 'text' ? connection.query(sql, values) : connection.execute(sql, values));
  const note = async (id) => {
    const [rows] = await execute('SELECT note FROM client_check WHERE id = ?', [id]);
    return rows[0].note;
  };
  let row = {};

  await check('text_query', async () => {
    const [rows] = await connection.query('SELECT VERSION() AS version');
    server = rows[0].version;
  });
  await check('insert', async () => {
    for (let id = base; id < base + 10; id++) await connection.query(`DELETE FROM client_check WHERE id = ${id}`);
    const [result] = await connection.query(`INSERT INTO client_check (id, name) VALUES (${base}, 'text')`);
    same(result.affectedRows, 1);
  });
  await check('prepared_insert', async () => {
    await execute(
      'INSERT INTO client_check (id, name, amount, born, seen, data, ratio, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      [base + 1, text, '-12345678901234.5678', '1815-12-10', '2024-02-29 23:59:58.123456', blob, 0.1, null],
    );
  });
  await check('prepared_select', async () => {
    const [rows] = await execute(
      'SELECT name, amount, born, seen, data, ratio, note FROM client_check WHERE id = ?',
      [base + 1],
    );
    same(rows.length, 1);
    row = rows[0];
  });
  await check('null', async () => same(row.note, null));
  await check('decimal', async () => same(row.amount, '-12345678901234.5678'));
  await check('date', async () => same(row.born, '1815-12-10'));
  await check('datetime', async () => same(row.seen, '2024-02-29 23:59:58.123456'));
  await check('utf8', async () => same(row.name, text));
  await check('binary', async () => same(blob.equals(row.data), true));
  await check('double', async () => same(row.ratio, 0.1));
  await check('multi_row', async () => {
    const ids = [2, 3, 4, 5, 6].map((n) => base + n);
    const values = ids.flatMap((id) => [id, `row ${id - base}`]);
    const list = ids.map(() => '(?, ?)').join(', ');
    const [result] = await execute(`INSERT INTO client_check (id, name) VALUES ${list}`, values);
    same(result.affectedRows, 5);
    const [rows] = await execute(
      'SELECT id, name FROM client_check WHERE id IN (?, ?, ?, ?, ?) ORDER BY id DESC',
      ids,
    );
    same(
      rows.map((r) => `${r.id - base} ${r.name}`),
      ['6 row 6', '5 row 5', '4 row 4', '3 row 3', '2 row 2'],
    );
  });
  await check('affected_rows', async () => {
    const [result] = await execute("UPDATE client_check SET name = 'changed' WHERE id = ?", [base]);
    same(result.affectedRows, 1);
  });
  await check('commit', async () => {
    await connection.beginTransaction();
    await execute("UPDATE client_check SET note = 'kept' WHERE id = ?", [base]);
    await connection.commit();
    same(await note(base), 'kept');
  });
  await check('rollback', async () => {
    await connection.beginTransaction();
    await execute("UPDATE client_check SET note = 'gone' WHERE id = ?", [base]);
    await connection.rollback();
    same(await note(base), 'kept');
  });
  await check('duplicate_key_error', () =>
    fails(1062, '23000', execute("INSERT INTO client_check (id, name) VALUES (?, 'again')", [base])));
  await check('unknown_table_error', () => fails(1146, '42S02', execute('SELECT * FROM no_such_table', [])));
  await check('syntax_error', () => fails(1064, '42000', connection.query('SELEKT 1')));
  await check('after_error', async () => {
    const [rows] = await execute('SELECT name FROM client_check WHERE id = ?', [base]);
    same(rows[0].name, 'changed');
  });
  await check('big_value', async () => {
    const big = '0123456789abcdef'.repeat(70000);
    await execute("INSERT INTO client_check (id, name, note) VALUES (?, 'big', ?)", [base + 7, big]);
    same((await note(base + 7)) === big, true);
  });
}

(async () => {
  let connection;
  await check('connect', async () => {
    connection = await mysql.createConnection({
      host,
      port: Number(port),
      user,
      password,
      database,
      dateStrings: true,
      connectTimeout: 20000,
      ssl: variant === 'tls' ? { rejectUnauthorized: false } : undefined,
    });
  });
  if (connection) {
    await run(connection);
    await connection.end();
  }
  const version = require('mysql2/package.json').version;
  console.log(JSON.stringify({ client: `mysql2 ${version}`, server, checks }));
})();
