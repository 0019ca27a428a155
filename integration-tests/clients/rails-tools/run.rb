# What Active Record makes of a database: host, port, user, password, database. All that it finds is printed.

require 'active_record'
require 'stringio'

host, port, user, password, database = ARGV
ActiveRecord::Migration.verbose = false
ActiveRecord::Base.establish_connection(
  adapter: 'mysql2', host: host, port: port.to_i, username: user, password: password, database: database,
  encoding: 'utf8mb4', prepared_statements: true, pool: 2
)

# A customer; its id is the shard key.
class Customer < ActiveRecord::Base
  self.table_name = 'ar_customers'
  has_many :orders, -> { order(:id) }, inverse_of: :customer
  validates :email, uniqueness: true, allow_nil: true
end

# An order, beside its customer.
class Order < ActiveRecord::Base
  self.table_name = 'ar_orders'
  self.primary_key = :id
  belongs_to :customer, inverse_of: :orders
  scope :large, -> { where(total: 6..) }
end

# The tables, as a migration makes them.
class CreateShop < ActiveRecord::Migration[6.1]
  def change
    create_table :ar_customers, id: :bigint, default: nil, force: true do |t|
      t.string :name, limit: 40, null: false, comment: 'how we call them'
      t.string :email, collation: 'utf8mb4_bin'
      t.date :born
      t.json :doc
      t.boolean :active, default: true, null: false
      t.datetime :seen, precision: 6
      t.index :name
      t.index %i[born name], order: { born: :desc }
    end
    create_table :ar_orders, id: false, force: true do |t|
      t.bigint :customer_id, null: false
      t.bigint :id, null: false
      t.decimal :total, precision: 10, scale: 2
      t.virtual :cents, type: :bigint, as: 'total * 100', stored: true
      t.index %i[customer_id id], unique: true
    end
    add_column :ar_orders, :note, :text
    change_column_null :ar_orders, :total, true
    add_index :ar_orders, :total, name: 'by_total'
    rename_column :ar_orders, :note, :remark
  end
end

def show(name)
  value = yield
  puts "#{name} #{value.as_json.to_json}"
rescue StandardError => e
  puts "#{name} #{e.class} #{e.message}"
end

def rows(relation)
  relation.map(&:attributes)
end

def schema(connection)
  show('migrate') { CreateShop.new.migrate(:up) && 'done' }
  Customer.reset_column_information
  Order.reset_column_information
  show('tables') { connection.tables.grep(/\Aar_/) }
  show('views') { connection.views.grep(/\Aar_/) }
  show('exists') { [connection.table_exists?('ar_orders'), connection.data_source_exists?('ar_nothing')] }
  show('keys') { %w[ar_customers ar_orders].map { |table| connection.primary_keys(table) } }
  %w[ar_customers ar_orders].each do |table|
    show("columns #{table}") do
      connection.columns(table).map { |c| [c.name, c.sql_type, c.null, c.default, c.default_function, c.collation, c.comment, c.virtual?] }
    end
    show("indexes #{table}") { connection.indexes(table).map { |i| [i.name, i.columns, i.unique, i.orders, i.using] } }
    show("foreign keys #{table}") { connection.foreign_keys(table).map(&:to_sql) }
    show("options #{table}") { connection.table_options(table) }
    show("constraints #{table}") { connection.check_constraints(table).map(&:name) }
  end
  show('database') { [connection.current_database, connection.charset, connection.collation] }
  show('variables') { %w[sql_mode version_comment].map { |name| connection.show_variable(name).to_s.empty? } }
  show('dump') do
    text = StringIO.new
    ActiveRecord::SchemaDumper.ignore_tables = [/\A(?!ar_)/]
    ActiveRecord::SchemaDumper.dump(connection, text)
    text.string.lines.grep(/ar_|t\./)
  end
end

def reads
  show('includes') { Customer.includes(:orders).where(id: 1..6).order(:id).map { |c| [c.name, c.orders.map(&:total)] } }
  show('eager') { Customer.eager_load(:orders).where('ar_orders.total > ?', 6).order(:id).map { |c| [c.id, c.orders.size] } }
  show('joins') { Customer.joins(:orders).merge(Order.large).distinct.order(:name, :id).pluck(:name, :id) }
  show('left joins') { Customer.left_joins(:orders).group(:name).order(:name).count('ar_orders.id') }
  show('missing') { Customer.where.missing(:orders).order(:id).ids }
  show('group') { Order.group(:customer_id).having('SUM(total) > 20').order(:customer_id).sum(:total) }
  show('aggregates') { [Order.sum(:total), Order.average(:total), Order.minimum(:id), Order.maximum(:cents), Order.count] }
  show('page') { rows(Customer.order(born: :desc, id: :asc).limit(3).offset(2)) }
  show('or') { Customer.where(name: 'n1').or(Customer.where(id: [2, 5])).order(:id).ids }
  show('subquery') { Customer.where(id: Order.large.select(:customer_id)).order(:id).ids }
  show('exists') { [Customer.exists?(3), Customer.exists?(300), Customer.where(name: 'n2').any?] }
  show('batches') { Customer.in_batches(of: 3).map { |batch| batch.ids.sort } }
  show('pick') { [Customer.order(:id).last.id, Customer.find_by(name: 'n0').id, Customer.where(id: 4).pick(:email)] }
  show('json') { Customer.where("JSON_EXTRACT(doc, '$.i') > 6").order(:id).pluck(:doc) }
  show('explain') { Customer.where(id: 1).explain.include?('EXPLAIN') }
end

def writes
  show('insert all') do
    Customer.insert_all((1..8).map do |i|
      { id: i, name: "n#{i % 3}", email: "e#{i}@x", born: Date.new(2000, 1, i), doc: { i: i }, seen: Time.utc(2024, 1, i, 1, 2, 3.25r) }
    end)
    Order.insert_all((1..7).flat_map { |i| (0..2).map { |j| { customer_id: i, id: i * 10 + j, total: i * j } } })
    [Customer.count, Order.count]
  end
  reads
  show('upsert all') { Customer.upsert_all([{ id: 8, name: 'other' }, { id: 9, name: 'new' }]) && Customer.order(:id).last(2).map(&:name) }
  show('create') { Customer.create!(id: 20, name: 'made', email: 'made@x', doc: { a: [1] }).attributes }
  show('invalid') { Customer.create!(id: 21, name: 'twin', email: 'made@x') }
  show('update') { Customer.find(20).tap { |c| c.update!(name: 'changed', born: Date.new(2001, 2, 3)) }.changed? }
  show('update all') { [Order.large.update_all('total = total + 1'), Customer.where(name: 'n1').update_all(active: false)] }
  show('increment') { Customer.update_counters(3, id: 0) }
  show('lock') { Customer.transaction { Customer.lock.find(1).tap { |c| c.update!(name: 'locked') }.name } }
  show('rollback') { [Customer.transaction { Customer.create!(id: 30, name: 'x') && raise(ActiveRecord::Rollback) }, Customer.exists?(30)] }
  show('nested') do
    Customer.transaction do
      Customer.create!(id: 31, name: 'outer')
      Customer.transaction(requires_new: true) { Customer.create!(id: 32, name: 'inner') && raise(ActiveRecord::Rollback) }
    end
    Customer.where(id: [31, 32]).ids
  end
  show('isolation') { Customer.transaction(isolation: :read_committed) { Customer.count } }
  show('duplicate') { Customer.insert!({ id: 1, name: 'twice' }) }
  show('too long') { Customer.create!(id: 40, name: 'x' * 50) }
  show('null') { Customer.insert!({ id: 41, name: nil }) }
  show('nothing') { Customer.find(4000) }
  show('delete') { [Order.where(customer_id: 2).delete_all, Customer.where(name: 'n2').order(:id).limit(1).delete_all, Customer.find(31).destroy.id] }
  show('left') { [Customer.order(:id).ids, Order.count] }
end

connection = ActiveRecord::Base.connection
schema(connection)
writes
show('truncate') { connection.truncate('ar_orders') && Order.count }
show('drop') { %w[ar_orders ar_customers].each { |table| connection.drop_table(table) } }
