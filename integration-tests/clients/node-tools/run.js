// What Sequelize makes of a database: host, port, user, password, database. All that it finds is printed.
'use strict';

const { DataTypes, Op, QueryTypes, Sequelize, col, fn, literal } = require('sequelize');

const [host, port, user, password, database] = process.argv.slice(2);
const sequelize = new Sequelize(database, user, password, { host, port, dialect: 'mysql', logging: false, pool: { max: 2 } });
const options = { freezeTableName: true, timestamps: false };
const Customer = sequelize.define(
  'sq_customer',
  {
    id: { type: DataTypes.BIGINT, primaryKey: true },
    name: { type: DataTypes.STRING(40), allowNull: false },
    born: DataTypes.DATEONLY,
    doc: DataTypes.JSON,
  },
  { ...options, indexes: [{ fields: ['name'] }] },
);
const Order = sequelize.define(
  'sq_order',
  {
    customerId: { type: DataTypes.BIGINT, primaryKey: true },
    id: { type: DataTypes.BIGINT, primaryKey: true },
    total: DataTypes.DECIMAL(10, 2),
  },
  options,
);
Customer.hasMany(Order, { as: 'orders', foreignKey: 'customerId' });
Order.belongsTo(Customer, { as: 'customer', foreignKey: 'customerId' });

async function show(name, what) {
  try {
    console.log(name, JSON.stringify(await what()));
  } catch (error) {
    console.log(name, error.name, error.message);
  }
}

const ids = [1, 2, 3, 4, 5, 6, 7, 8];
const orders = { model: Order, as: 'orders' };
const inOrder = [['id', 'ASC'], [orders, 'id', 'ASC']];

async function schema() {
  const tools = sequelize.getQueryInterface();
  await show('sync', () => sequelize.sync({ force: true }).then(() => sequelize.sync({ alter: true })).then(() => 'done'));
  await show('describe', () => tools.describeTable('sq_customer'));
  await show('indexes', async () => (await tools.showIndex('sq_order')).map((index) => [index.name, index.unique, index.fields]));
  await show('tables', async () => (await tools.showAllTables()).filter((table) => table.startsWith('sq_')));
  await show('references', async () =>
    (await tools.getForeignKeyReferencesForTable('sq_order')).map((key) => [key.columnName, key.referencedTableName]),
  );
}

async function reads() {
  await show('include', () =>
    Customer.findAll({ include: [{ ...orders, where: { total: { [Op.gt]: 6 } }, required: true }], order: inOrder }),
  );
  await show('page', () => Customer.findAndCountAll({ include: [orders], distinct: true, limit: 3, offset: 2, order: inOrder }));
  await show('grouped', () =>
    Customer.findAll({
      attributes: ['name', [fn('COUNT', col('orders.id')), 'n'], [fn('SUM', col('orders.total')), 'sum']],
      include: [{ ...orders, attributes: [] }],
      group: ['name'],
      order: ['name'],
      raw: true,
    }),
  );
  await show('aggregates', async () => [await Order.sum('total'), await Order.max('total'), await Order.min('id')]);
  await show('json', () =>
    Customer.findAll({ attributes: ['id'], where: literal("JSON_EXTRACT(doc, '$.i') > 6"), order: ['id'] }),
  );
  const bound = { bind: [4], type: QueryTypes.SELECT };
  await show('bound', () => sequelize.query('SELECT id FROM sq_customer WHERE id > $1 ORDER BY id LIMIT 2', bound));
}

async function writes() {
  await show('fill', async () => {
    await Customer.bulkCreate(ids.map((i) => ({ id: i, name: `n${i % 3}`, born: `2000-01-0${i}`, doc: { i } })));
    await Order.bulkCreate(ids.flatMap((i) => [0, 1, 2].map((j) => ({ customerId: i, id: i * 10 + j, total: i * j }))));
    return Order.count();
  });
  await reads();
  await show('update', () => Order.update({ total: literal('total + 1') }, { where: { total: { [Op.gt]: 5 } } }));
  await show('findOrCreate', async () => (await Customer.findOrCreate({ where: { id: 30 }, defaults: { name: 'new' } }))[1]);
  await show('transaction', () =>
    sequelize.transaction(async (transaction) => {
      const customer = await Customer.findByPk(1, { transaction, lock: transaction.LOCK.UPDATE });
      await customer.update({ name: 'locked' }, { transaction });
      await Order.create({ customerId: 1, id: 99, total: 5 }, { transaction });
      return Order.count({ where: { customerId: 1 }, transaction });
    }),
  );
  await show('rollback', async () => {
    const failing = sequelize.transaction(async (transaction) => {
      await Customer.create({ id: 31, name: 'x' }, { transaction });
      throw new Error('stop');
    });
    return [await failing.catch((error) => error.message), await Customer.count({ where: { id: 31 } })];
  });
  await show('duplicate', () => Customer.create({ id: 1, name: 'x' }));
  await show('destroy', async () => [await Order.destroy({ where: { customerId: 2 } }), await Customer.destroy({ where: { id: 2 } })]);
}

schema()
  .then(writes)
  .then(() => show('drop', () => sequelize.drop().then(() => 'done')))
  .then(() => sequelize.close());
