select 1
select a, b as x, c y, 'z' from t where a = 1 and b in (1,2,3) or not c between 1 and 2 order by 1 desc limit 5, 10
select t.*, test.t.*, t.a, test.t.a+1 from t
select (select 1) + 1, ((select 1) union (select 2) limit 1), ((select 1)) + 1
select 1 in ((select 1)), 1 in ((select 1),2), 1 in ((select 1) union select 2)
select * from (t, u) join v
select * from ((select 1 as a) x, t)
select * from ((select 1 as a)) x
select * from ((select 1 as a) union (select 2)) x
select * from (t) x
select * from {oj t left join u on 1}
select *, a from t
select a, * from t
select - interval 1 day + '2020-01-01'
select date_add('2020-01-01', 1)
select adddate('2020-01-01', interval 1 day), adddate('2020-01-01', 1)
select interval(1,2,3) + interval (1) day + a
select now(6), now(), current_timestamp, current_timestamp(3)
select count(*), count(distinct a,b), sum(distinct a), group_concat(distinct a order by b separator ',') from t group by a with rollup
select row_number() over (partition by a order by b rows between unbounded preceding and current row), sum(a) over w from t window w as (order by a)
with recursive x(a) as (select 1 union all select a+1 from x where a<5) select * from x
insert into t (a,b) values (1,2),(3,default) on duplicate key update a=values(a), b=b+1
insert into t set a=1, b=default
insert ignore into t select * from u on duplicate key update a=1
insert into t values row(1,2)
insert into t () values ()
insert into t values (1,2) as new(x,y) on duplicate key update a=new.x
replace into t (select 1,2)
insert t ((select 1) union (select 2))
update t set a=1 where b=2 order by c limit 3
update t join u on t.a=u.a, v set t.a=1, u.b:=2 where 1
delete from t where a=1 order by b limit 1
delete t, u.* from t join u using (a,b) where t.c=1
delete from t using t, u where t.a=u.a
delete from test.t.* using t
with x as (select 1) update t set a=(select * from x)
with x as (select 1) delete from t where a in (select * from x)
select a->'$.x', a->>'$.y' from t
select match (a,b) against ('x' in boolean mode), match a against (concat('a', 'b') with query expansion) from t
select case a when 1 then 2 else 3 end, if(a,b,c), left(a, 1), replace(a,b,c), insert(a,1,2,b), values(a) from t
select cast(a as char(10) character set utf8mb4), convert(a, decimal(10,2)), convert(a using utf8mb4), char(1,2 using utf8mb4), binary a from t
select trim(both 'x' from a), trim(a), substring(a from 1 for 2), substr(a,1), position('a' in b), extract(day_hour from d) from t
select @a, @@global.x, @@session.sql_mode, @`a b`, @'c', @a := 1 from t
select _utf8mb4'abc' collate utf8mb4_bin, n'x', x'41', b'01', 0x41, 0b1, 1.5, .5, 1e5, null, true, false, date '2020-01-01', {d '2020-01-01'}
select a sounds like b, a member of ('[1]'), a regexp b, a not rlike b, a like b escape '|', a is not null, a is true from t
select 1 from t force index for join (primary, x) use index () tablesample bernoulli(10)
select * from t partition (p0, p1) as x lateral
select * from t, lateral (select 1) x(a)
select * from json_table('[]', '$[*]' columns (id for ordinality, a int path '$.a' default '1' on empty error on error, nested path '$.b' columns (b varchar(10) exists path '$.c'))) as jt
select a from t for update of t skip locked
select a from t lock in share mode
select a from t into outfile 'x' fields terminated by ',' optionally enclosed by '"' lines terminated by '\n'
select a into @x, y from t
table t order by a limit 1
values row(1,2), row(3,4)
(select 1) union (select 2) order by 1
select 1 union select 2 intersect select 3 except all select 4
select json_value('{}', '$.a' returning signed default 1 on empty)
select a from t join u join v on u.a=v.a on t.a=u.a
select a from t left join u left join v on u.a=v.a on t.a=u.a
select 1 --1
select /*+ MAX_EXECUTION_TIME(100) */ 1 /*!80000 + 2 */ -- end
select a where 1=1
select ? , ?+1
select weight_string(a as char(3)), weight_string(a), get_format(date,'EUR'), timestampadd(day,1,a), grouping(a), coalesce(a,1), user(), database(), mod(a,2), a mod 2, a div 2 from t
select a member from t
select a sounds from t
select a like 'b' escape from t
select json_arrayagg(a order by a) from t
select avg(all a), count(all *), count(all a) from t
select group_concat(all a) from t
select a from t group by rollup(a, b)
select a from t group by a, rollup(b)
select any_value(a) over () from t
select cast(1 as numeric(3,1))
select cast(1 as integer)
select cast('x' as national char(3)), cast(1 as char ascii), cast(1 as char binary), cast(1 as float(3)), cast(1 as real)
select cast('x' as varchar(3))
select now(6+0)
select f(a as b) from t
select 1 limit 0x1
select 1 limit ?
select 1 limit 1.0
select 1 from t procedure analyse()
(select 1 into @x)
select 1 from t into @x for update
select 1 from t for update into @x
select 1 into @x from t
select row(1)
select a.b.c.d from t
select 1=!0
select 2>!1
select !!1, ! !1, !<1, 1 != !1
select 1<=!1
select @@ session.sql_mode
select @@session . sql_mode, @@`sql_mode`, @@global.`sql_mode`
select 1 x'41'
select _utf8 N'a'
select 'a' N'b'
select x'4'
select b'2'
select 0x, 0xg, 0X41, 1a from t
select 1.5e
select 1e5abc, 1e+, 2 from t
select 'a
select "a
select `a
select 1 /* x
select 1 /*! + 1
select 1 /*! + 1 */ */
select t. a, t . a, t.select from t
select sum (a), count (a) from t
select count (*) from t
select 1 from dual where 1
select 1 where 1 group by 1
select distinct all a from t
select sql_no_cache sql_buffer_result a from t
select a as select from t
select a select from t
select a 'b', a as "c" from t
select from t
select a, from t
select * from t join u on 1 on 2
select * from t left join u
select * from t natural cross join u
select * from t natural join u on 1
select * from t use index (a) ignore index for order by (b)
select * from t force index ()
select * from lateral t
select * from (select 1)
select * from t as x (a)
select * from (select 1, 2) as x (a, b)
select * from (t join u) as x
select * from ((t)), ((u join v))
select * from ((select 1) limit 1) x
select * from ((((select 1)))) x
select * from t for update of t for share of u nowait
insert into t (a) value (1)
insert t values
insert into t values 1
insert into t (a,) values (1)
insert into t set a = 1 as new on duplicate key update a = new.a
replace into t values (1) as new
replace ignore into t values (1)
insert high_priority ignore into t (t.a) values (default)
insert into t (select 1)
insert into t ((select 1))
insert into t (a) (select 1) on duplicate key update a = 1
insert into t with x as (select 1) select * from x
insert into t table u
insert into t (a) table u
insert delayed into t partition (p0) values (1, 2)
insert into t values (1) on duplicate key update
update t set a = default, t.b = 1 order by a limit 1
update t set a = 1 limit 1, 2
update low_priority ignore t, u set t.a = 1
update (select 1) x, t set t.a = 1
update t as x set x.a = 1
delete low_priority quick ignore from t as x where x.a
delete from t x partition (p0) where 1
delete t.* from t
delete from t, u using t join u
delete from t.*, u using t join u
delete t from t order by a
delete from t limit 1, 2
delete from t as x using t
with x as (select 1), y (a, b) as (select 1, 2) select * from x, y
with recursive x as (select 1) (select * from x)
with x as select 1 select * from x
select 1 union all distinct select 2
select 1 order by 1 union select 2
(select 1 order by 1) union (select 2 limit 1)
select 1 intersect select 2 union select 3 except distinct select 4
table t union table u
values row(1), row(default)
values (1)
select a from t window w as (partition by a order by b rows 1 preceding exclude ties)
select sum(a) over (w rows between 1 preceding and 1 following) from t window w as ()
select sum(a) over (rows 1 following) from t
select lag(a, 1, 0) respect nulls over w, nth_value(a, 2) from first ignore nulls over w from t window w as (order by a)
select rank() from t
select rank(a) over () from t
select ntile(2) over (), ntile(a + 1) over () from t
select trim(leading from a), trim(both a) from t
select substring(a from 1, 2) from t
select extract(foo from a) from t
select timestampadd(day_hour, 1, a) from t
select char(), concat() from t
select mod(1), left(1) from t
select convert(a using latin1), convert(a using 'latin1'), convert(a using binary), convert(a, char charset binary) from t
select match (a) against ('x' in natural language mode with query expansion) from t
select json_value(j, '$.a' returning char(10) null on empty error on error) from t
select interval 1 day - a from t
select interval 1 day from t
select a + interval 1 day + interval 2 day from t
select a := 1 from t
select @a := @b := 1
select default(a), default from t
select values(a) from t
select exists (select 1), exists select 1
select not exists (select 1), a not in (select 1), a not null from t
select a in 1 from t
select a in () from t
select a is not not null from t
select a is true is false from t
select a is null is null from t
select a between 1 and 2 and 3 between 4 and 5 from t
select a = any (1) from t
select a <=> any (select 1) from t
select any from (select 1 as any) t
select {fn concat('a', 'b')}, {x 'y'}
select ?, ?a from t
select a->b from t
select a->'$.b'->'$.c' from t
select t.a->'$.b', test.t.a->>'$.b' from t
select 1;
select qualify from t
select grouping(a), ascii(a), ascii(a, b) from t
select user(), user(1), current_user, current_user(), schema(), database() from t
select date(a), time(a), timestamp(a, b), year(a), week(a, 1), format(a, 2, 'de_DE'), log(a), log(2, a) from t
select point(1, 2), linestring(a, b), geometrycollection(), polygon(a) from t
select account(1) from t
select account, action, names from t
select weight_string('a', 1, 2, 0xC0), weight_string('a', 1, 2, 3), weight_string('a', 1, 2)
select 1/*!000002*/
select 1/*!00000+2*/, 1 /*!800001 + 1 */
