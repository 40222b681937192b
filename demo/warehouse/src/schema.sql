-- A small shop: three schemas, 20 tables, views on views.
CREATE SCHEMA crm;
CREATE SCHEMA sales;
CREATE SCHEMA analytics;

CREATE TABLE crm.countries (code char(2) PRIMARY KEY, name text NOT NULL, region text NOT NULL);
CREATE TABLE crm.addresses (
  address_id int PRIMARY KEY, street text NOT NULL, city text NOT NULL, postal_code text, country_code char(2) NOT NULL REFERENCES crm.countries (code));
CREATE TABLE crm.customers (
  customer_id int PRIMARY KEY, first_name text NOT NULL, last_name text NOT NULL, email text, phone text,
  address_id int REFERENCES crm.addresses, referred_by int REFERENCES crm.customers, created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE crm.segments (segment_id int PRIMARY KEY, name text NOT NULL, min_spend numeric(12,2) NOT NULL);
CREATE TABLE crm.customer_tags (customer_id int REFERENCES crm.customers, tag text, PRIMARY KEY (customer_id, tag));
CREATE TABLE crm.support_tickets (
  ticket_id int PRIMARY KEY, customer_id int NOT NULL REFERENCES crm.customers, subject text NOT NULL, opened_at timestamptz NOT NULL, closed_at timestamptz, rating int);

CREATE TABLE sales.categories (category_id int PRIMARY KEY, parent_id int REFERENCES sales.categories, name text NOT NULL);
CREATE TABLE sales.suppliers (supplier_id int PRIMARY KEY, company text NOT NULL, country_code char(2) REFERENCES crm.countries (code));
CREATE TABLE sales.products (
  product_id int PRIMARY KEY, category_id int NOT NULL REFERENCES sales.categories, supplier_id int REFERENCES sales.suppliers,
  name text NOT NULL, list_price numeric(10,2) NOT NULL, attributes jsonb NOT NULL DEFAULT '{}', labels text[] NOT NULL DEFAULT '{}');
CREATE TABLE sales.price_history (product_id int REFERENCES sales.products, valid_from date, price numeric(10,2) NOT NULL, PRIMARY KEY (product_id, valid_from));
CREATE TABLE sales.warehouses (warehouse_id int PRIMARY KEY, name text NOT NULL, country_code char(2) REFERENCES crm.countries (code));
CREATE TABLE sales.stock (warehouse_id int REFERENCES sales.warehouses, product_id int REFERENCES sales.products, quantity int NOT NULL, PRIMARY KEY (warehouse_id, product_id));
CREATE TABLE sales.orders (
  order_id int PRIMARY KEY, customer_id int NOT NULL REFERENCES crm.customers, status text NOT NULL, channel text NOT NULL, ordered_at timestamptz NOT NULL);
CREATE TABLE sales.order_lines (
  order_id int REFERENCES sales.orders, line_no int, product_id int NOT NULL REFERENCES sales.products, quantity int NOT NULL,
  unit_price numeric(10,2) NOT NULL, discount numeric(4,3) NOT NULL DEFAULT 0, PRIMARY KEY (order_id, line_no));
CREATE TABLE sales.payments (payment_id int PRIMARY KEY, order_id int NOT NULL REFERENCES sales.orders, method text NOT NULL, amount numeric(12,2) NOT NULL, paid_at timestamptz NOT NULL);
CREATE TABLE sales.shipments (shipment_id int PRIMARY KEY, order_id int NOT NULL REFERENCES sales.orders, warehouse_id int REFERENCES sales.warehouses, shipped_at timestamptz, delivered_at timestamptz);
CREATE TABLE sales.returns (return_id int PRIMARY KEY, order_id int NOT NULL, line_no int NOT NULL, reason text, quantity int NOT NULL, returned_at timestamptz NOT NULL,
  FOREIGN KEY (order_id, line_no) REFERENCES sales.order_lines);
CREATE TABLE sales.web_events (event_id bigint, customer_id int, kind text NOT NULL, payload jsonb NOT NULL, happened_at timestamptz NOT NULL) PARTITION BY RANGE (happened_at);
CREATE TABLE sales.web_events_2025 PARTITION OF sales.web_events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE sales.web_events_2026 PARTITION OF sales.web_events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE sales."Legacy Orders" ("Order No" text PRIMARY KEY, "Customer E-Mail" text, "Total" numeric(12,2), "Day" date);

CREATE VIEW crm.customer_profile (customer_id, full_name, email, city, country, region, referred_by_name) AS
  SELECT c.customer_id, c.first_name || ' ' || c.last_name, lower(c.email), a.city, n.name, n.region, r.first_name
  FROM crm.customers c
  LEFT JOIN crm.addresses a USING (address_id)
  LEFT JOIN crm.countries n ON n.code = a.country_code
  LEFT JOIN crm.customers r ON r.customer_id = c.referred_by;

CREATE VIEW sales.category_tree AS
  WITH RECURSIVE tree AS (
    SELECT category_id, category_id AS root_id, name AS root_name, name AS path, 1 AS depth FROM sales.categories WHERE parent_id IS NULL
    UNION ALL
    SELECT c.category_id, t.root_id, t.root_name, t.path || ' > ' || c.name, t.depth + 1
    FROM sales.categories c JOIN tree t ON t.category_id = c.parent_id)
  SELECT category_id, root_id, root_name, path, depth FROM tree;

CREATE VIEW sales.order_revenue AS
  SELECT o.order_id, o.customer_id, o.channel, o.ordered_at,
    count(*) AS lines, sum(l.quantity * l.unit_price * (1 - l.discount)) AS revenue, max(l.unit_price) AS highest_price
  FROM sales.orders o JOIN sales.order_lines l USING (order_id)
  WHERE o.status <> 'cancelled'
  GROUP BY o.order_id, o.customer_id, o.channel, o.ordered_at;

CREATE VIEW sales.all_orders AS
  SELECT order_id::text AS order_no, p.email, r.revenue AS total, r.ordered_at::date AS day, 'shop' AS origin
  FROM sales.order_revenue r JOIN crm.customer_profile p USING (customer_id)
  UNION ALL
  SELECT "Order No", lower("Customer E-Mail"), "Total", "Day", 'legacy' FROM sales."Legacy Orders";

CREATE VIEW sales.current_price AS
  SELECT p.product_id, p.name, coalesce(h.price, p.list_price) AS price, h.valid_from, t.root_name AS department
  FROM sales.products p
  LEFT JOIN LATERAL (SELECT ph.price, ph.valid_from FROM sales.price_history ph
    WHERE ph.product_id = p.product_id AND ph.valid_from <= CURRENT_DATE ORDER BY ph.valid_from DESC LIMIT 1) h ON true
  LEFT JOIN sales.category_tree t USING (category_id);

CREATE VIEW sales.product_labels AS
  SELECT p.product_id, p.name AS product, u.label, u.position, p.attributes ->> 'colour' AS colour
  FROM sales.products p CROSS JOIN LATERAL unnest(p.labels) WITH ORDINALITY AS u (label, position);

CREATE VIEW analytics.customer_ranking AS
  WITH spend AS (
    SELECT customer_id, sum(revenue) AS total_spend, min(ordered_at) AS first_order, max(ordered_at) AS last_order
    FROM sales.order_revenue GROUP BY customer_id)
  SELECT p.customer_id, p.full_name, p.region, s.total_spend, s.first_order, s.last_order,
    rank() OVER (PARTITION BY p.region ORDER BY s.total_spend DESC) AS region_rank,
    s.total_spend / nullif(sum(s.total_spend) OVER (PARTITION BY p.region), 0) AS region_share,
    CASE WHEN s.total_spend >= 1000 THEN 'gold' WHEN s.total_spend >= 200 THEN 'silver' ELSE 'new' END AS tier,
    (SELECT g.name FROM crm.segments g WHERE g.min_spend <= s.total_spend ORDER BY g.min_spend DESC LIMIT 1) AS segment
  FROM crm.customer_profile p JOIN spend s USING (customer_id);

CREATE VIEW analytics.at_risk_customers AS
  SELECT r.customer_id, r.full_name, r.tier, r.last_order,
    (SELECT count(*) FROM crm.support_tickets t WHERE t.customer_id = r.customer_id AND t.closed_at IS NULL) AS open_tickets,
    EXISTS (SELECT 1 FROM sales.returns x JOIN sales.orders o USING (order_id) WHERE o.customer_id = r.customer_id) AS has_returns
  FROM analytics.customer_ranking r
  WHERE r.last_order < now() - interval '90 days'
    AND r.customer_id NOT IN (SELECT tag.customer_id FROM crm.customer_tags tag WHERE tag.tag = 'churned');

CREATE VIEW analytics.stock_value AS
  SELECT w.name AS warehouse, c.department, sum(s.quantity * c.price) AS stock_value,
    sum(s.quantity) FILTER (WHERE s.quantity < 10) AS low_stock, string_agg(DISTINCT c.name, ', ' ORDER BY c.name) AS products
  FROM sales.stock s JOIN sales.warehouses w USING (warehouse_id) JOIN sales.current_price c USING (product_id)
  GROUP BY GROUPING SETS ((w.name, c.department), (w.name))
  HAVING sum(s.quantity) > 0;

CREATE VIEW analytics.contact_points AS
  (SELECT email AS contact, 'customer' AS kind FROM crm.customer_profile WHERE email IS NOT NULL
   UNION SELECT phone, 'customer' FROM crm.customers)
  EXCEPT SELECT payload ->> 'contact', 'customer' FROM sales.web_events WHERE kind = 'unsubscribe';

CREATE VIEW analytics.delivery_times AS
  SELECT DISTINCT ON (o.order_id) o.order_id, o.channel, s.delivered_at - o.ordered_at AS delivery_time,
    lag(s.delivered_at) OVER w AS previous_delivery, v.label AS speed
  FROM sales.orders o
  JOIN sales.shipments s USING (order_id)
  LEFT JOIN (VALUES (1, 'fast'), (3, 'normal'), (9, 'slow')) v (days, label) ON (s.delivered_at - o.ordered_at) <= make_interval(days => v.days)
  WINDOW w AS (PARTITION BY s.warehouse_id ORDER BY s.delivered_at)
  ORDER BY o.order_id, v.days;

CREATE MATERIALIZED VIEW analytics.daily_revenue AS
  SELECT day, origin, count(*) AS orders, sum(total) AS revenue, sum(sum(total)) OVER (PARTITION BY origin ORDER BY day) AS running_revenue
  FROM sales.all_orders GROUP BY day, origin;
CREATE MATERIALIZED VIEW analytics.product_performance AS
  SELECT c.product_id, c.name, c.department, sum(l.quantity) AS sold, coalesce(sum(r.quantity), 0) AS returned,
    round(100.0 * coalesce(sum(r.quantity), 0) / nullif(sum(l.quantity), 0), 1) AS return_rate
  FROM sales.current_price c
  LEFT JOIN sales.order_lines l USING (product_id)
  LEFT JOIN sales.returns r ON r.order_id = l.order_id AND r.line_no = l.line_no
  GROUP BY c.product_id, c.name, c.department;

INSERT INTO crm.countries VALUES ('DE','Germany','EMEA'),('FR','France','EMEA'),('US','United States','AMER'),('JP','Japan','APAC');
INSERT INTO crm.addresses SELECT i, 'Street ' || i, (ARRAY['Berlin','Paris','Austin','Osaka'])[1 + i % 4], 10000 + i, (ARRAY['DE','FR','US','JP'])[1 + i % 4] FROM generate_series(1, 20) i;
INSERT INTO crm.customers SELECT i, 'First' || i, 'Last' || i, 'User' || i || '@example.com', '+49 30 ' || 1000 + i, i, nullif(i / 3, 0), timestamptz '2025-01-01' + i * interval '9 days' FROM generate_series(1, 20) i;
INSERT INTO crm.segments VALUES (1,'starter',0),(2,'regular',200),(3,'key account',1000);
INSERT INTO crm.customer_tags SELECT i, 'newsletter' FROM generate_series(1, 20, 2) i;
INSERT INTO crm.support_tickets SELECT i, 1 + i % 20, 'Question ' || i, timestamptz '2026-01-01' + i * interval '1 day', NULL, 1 + i % 5 FROM generate_series(1, 15) i;
INSERT INTO sales.categories VALUES (1,NULL,'Home'),(2,NULL,'Garden'),(3,1,'Kitchen'),(4,1,'Bath'),(5,2,'Tools'),(6,3,'Knives');
INSERT INTO sales.suppliers VALUES (1,'Acme','US'),(2,'Nippon Blades','JP');
INSERT INTO sales.products SELECT i, 1 + i % 6, 1 + i % 2, 'Product ' || i, 5 + i * 3, jsonb_build_object('colour', (ARRAY['red','blue'])[1 + i % 2]), ARRAY['new','sale'] FROM generate_series(1, 24) i;
INSERT INTO sales.price_history SELECT i, date '2025-06-01', 4 + i * 3 FROM generate_series(1, 24, 2) i;
INSERT INTO sales.warehouses VALUES (1,'North','DE'),(2,'South','US');
INSERT INTO sales.stock SELECT w, p, (w * p * 7) % 40 FROM generate_series(1, 2) w, generate_series(1, 24) p;
INSERT INTO sales.orders SELECT i, 1 + i % 20, (ARRAY['paid','shipped','cancelled','paid'])[1 + i % 4], (ARRAY['web','app'])[1 + i % 2], timestamptz '2025-02-01' + i * interval '3 days' FROM generate_series(1, 120) i;
INSERT INTO sales.order_lines SELECT o, l, 1 + (o * l) % 24, 1 + (o + l) % 4, 5 + ((o * l) % 24) * 3, 0 FROM generate_series(1, 120) o, generate_series(1, 3) l;
INSERT INTO sales.payments SELECT i, i, 'card', 50 + i, timestamptz '2025-02-02' + i * interval '3 days' FROM generate_series(1, 120) i;
INSERT INTO sales.shipments SELECT i, i, 1 + i % 2, timestamptz '2025-02-03' + i * interval '3 days', timestamptz '2025-02-05' + i * interval '3 days' FROM generate_series(1, 110) i;
INSERT INTO sales.returns SELECT i, i * 5, 1, 'too small', 1, timestamptz '2025-03-01' + i * interval '5 days' FROM generate_series(1, 12) i;
INSERT INTO sales.web_events SELECT i, 1 + i % 20, 'view', jsonb_build_object('page', '/p/' || i), timestamptz '2025-03-01' + i * interval '1 day' FROM generate_series(1, 200) i;
INSERT INTO sales."Legacy Orders" SELECT 'L-' || i, 'Old' || i || '@example.com', 20 * i, date '2024-01-01' + i FROM generate_series(1, 10) i;
REFRESH MATERIALIZED VIEW analytics.daily_revenue;
REFRESH MATERIALIZED VIEW analytics.product_performance;
