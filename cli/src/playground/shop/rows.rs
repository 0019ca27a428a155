//! The shop's rows: always the same ones, so that what is shown and tested doesn't change from run to run.

/// How many customers there are; their ids are 1 to this.
pub(super) const CUSTOMERS: i64 = 1000;
/// How many ids a proxy takes from a sequence at a time.
const SEQUENCE_CACHE: i64 = 1000;

const COUNTRIES: &[(&str, &str)] = &[
    ("AT", "Austria"),
    ("BR", "Brazil"),
    ("CH", "Switzerland"),
    ("CI", "Côte d'Ivoire"),
    ("DE", "Germany"),
    ("FR", "France"),
    ("IN", "India"),
    ("JP", "Japan"),
    ("KR", "South Korea"),
    ("MX", "México"),
    ("NL", "Netherlands"),
    ("SE", "Sweden"),
    ("TR", "Türkiye"),
    ("US", "United States"),
];

const FIRST_NAMES: &[&str] = &[
    "Ada",
    "Amélie",
    "Björn",
    "Chiara",
    "Deniz",
    "Edsger",
    "Grace",
    "Hiroko",
    "Inês",
    "José",
    "Katherine",
    "Linus",
    "Margaret",
    "Niklaus",
    "Olga",
    "Priya",
    "Radia",
    "Søren",
    "Tony",
    "Zoë",
    "太郎",
    "민준",
];

const LAST_NAMES: &[&str] = &[
    "Allen", "Bachman", "Codd", "Dijkstra", "Estrada", "Floyd", "Gray", "Hopper", "Ito", "Jensen", "Kılıç", "Liskov",
    "Müller", "Nygaard", "O'Brien", "Perlman", "Ritchie", "Sato", "Torvalds", "Ullman", "Wirth", "佐藤",
];

const PRODUCTS: &[&str] = &[
    "Teapot",
    "Kettle",
    "Cup",
    "Saucer",
    "Sugar bowl",
    "Milk jug",
    "Strainer",
    "Tray",
    "Tin of Darjeeling",
    "Tin of Assam",
    "Tin of Sencha",
    "Tin of Oolong",
    "Café filter",
    "Grinder",
    "Scale",
    "Cake stand",
    "Napkins",
    "Tea cosy",
    "Timer",
    "Tea towel",
];

const STATUSES: &[&str] = &["paid", "shipped", "shipped", "shipped", "new", "returned"];

/// Rows of one table as the inside of `VALUES`: each with its parentheses.
pub(super) struct CommerceRows {
    pub(super) product: Vec<String>,
    pub(super) country: Vec<String>,
    pub(super) customer_seq: Vec<String>,
    pub(super) orders_seq: Vec<String>,
}

/// The rows of one customer, which lie on one shard.
pub(super) struct CustomerRows {
    pub(super) id: i64,
    pub(super) customer: String,
    pub(super) orders: Vec<String>,
    pub(super) order_line: Vec<String>,
}

pub(super) fn country_rows() -> Vec<String> {
    COUNTRIES.iter().map(|(code, name)| format!("({}, {})", text(code), text(name))).collect()
}

/// What lies in keyspace `commerce`, given the next order's id.
pub(super) fn commerce_rows(next_order: i64) -> CommerceRows {
    let product = (0..).zip(PRODUCTS).map(|(number, name)| {
        let stock = 40 + (number * 37) % 160;
        format!("({}, {}, {}, {stock})", text(&sku(number)), text(name), cents(price_of(number)))
    });
    let sequence = |next: i64| vec![format!("(0, {next}, {SEQUENCE_CACHE})")];
    CommerceRows {
        product: product.collect(),
        country: country_rows(),
        customer_seq: sequence(CUSTOMERS + 1),
        orders_seq: sequence(next_order),
    }
}

/// Every customer with orders and order lines, and the id of the next order.
pub(super) fn customer_rows() -> (Vec<CustomerRows>, i64) {
    let mut next_order = 1;
    let customers = (1..=CUSTOMERS).map(|id| customer(id, &mut next_order)).collect();
    (customers, next_order)
}

fn customer(id: i64, next_order: &mut i64) -> CustomerRows {
    let mut random = Random::new(id);
    let (first, last) = (random.pick(FIRST_NAMES), random.pick(LAST_NAMES));
    let country = random.pick(COUNTRIES).0;
    let balance = random.below(500_000) - 50_000;
    let customer = format!(
        "({id}, {}, {}, {}, {}, {})",
        text(&format!("customer{id}@example.com")),
        text(&format!("{first} {last}")),
        text(country),
        cents(balance),
        text(&moment(&mut random, 2023)),
    );
    let (mut orders, mut order_line) = (Vec::new(), Vec::new());
    for _ in 0..random.below(6) {
        let order = *next_order;
        *next_order += 1;
        let mut total = 0;
        for line in 1..=1 + random.below(4) {
            let product = random.below(PRODUCTS.len() as i64);
            let (quantity, price) = (1 + random.below(5), price_of(product));
            total += quantity * price;
            let row = format!("({id}, {order}, {line}, {}, {quantity}, {})", text(&sku(product)), cents(price));
            order_line.push(row);
        }
        let note = if random.below(10) == 0 { text("please ring twice") } else { "NULL".to_owned() };
        let (at, status) = (moment(&mut random, 2024), random.pick(STATUSES));
        orders.push(format!("({order}, {id}, {}, {}, {}, {note})", text(&at), text(status), cents(total)));
    }
    CustomerRows { id, customer, orders, order_line }
}

fn sku(product: i64) -> String {
    format!("TEA-{:03}", product + 1)
}

fn price_of(product: i64) -> i64 {
    250 + (product * 1_373) % 9_000
}

fn moment(random: &mut Random, year: i64) -> String {
    let (month, day) = (1 + random.below(12), 1 + random.below(28));
    format!("{year}-{month:02}-{day:02} {:02}:{:02}:{:02}", random.below(24), random.below(60), random.below(60))
}

fn cents(amount: i64) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", amount.abs() / 100, amount.abs() % 100)
}

/// A string literal; the shop's texts have no backslashes.
fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// SplitMix64: small, and the same on every machine.
struct Random(u64);

impl Random {
    fn new(seed: i64) -> Self {
        Self(seed.unsigned_abs())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to below `limit`, which is positive.
    fn below(&mut self, limit: i64) -> i64 {
        (self.next() >> 1) as i64 % limit
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as i64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_are_the_same_in_every_run_and_some_thousand() {
        let (customers, next_order) = customer_rows();
        assert_eq!(customers.len(), 1000);
        let lines: usize = customers.iter().map(|customer| customer.order_line.len()).sum();
        assert!(next_order > 2000 && lines > 4000, "{next_order} {lines}");
        let again = customer_rows().0;
        assert!(
            customers.iter().zip(&again).all(|(one, two)| one.customer == two.customer && one.orders == two.orders)
        );
    }

    #[test]
    fn amounts_keep_their_sign_below_one() {
        assert_eq!([cents(-5), cents(1234), cents(0)], ["-0.05", "12.34", "0.00"]);
    }
}
