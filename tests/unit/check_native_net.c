/* SPDX-License-Identifier: Apache-2.0 */
#include <config.h>

#include "backends/native_net.h"
#include "base/str.h"
#include "tests/unit/fixture.h"

#define HEAD "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
#define DEFAULT "eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
#define LAN "eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
#define VPN "tun0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n"
#define HOST_IN_IT "tun0\t0902000A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0\n"
#define ALL_OF_192_AND_172                                                                         \
    "a\t0000A8C0\t0\t1\t0\t0\t0\t0000FFFF\t0\t0\t0\n"                                              \
    "b\t000000AC\t0\t1\t0\t0\t0\t000000FF\t0\t0\t0\n"

#ifdef WORDS_BIGENDIAN
#define SKIP_UNLESS_LITTLE UNIT_SKIP("the routes in this test are those of another byte order")
#else
#define SKIP_UNLESS_LITTLE
#endif

START_TEST(a_private_network_is_where_the_host_has_no_route)
{
    SKIP_UNLESS_LITTLE;
    ck_assert_str_eq(native_net_choose(""), "10.0.2");
    ck_assert_str_eq(native_net_choose(HEAD DEFAULT LAN), "10.0.2");
    ck_assert_str_eq(native_net_choose(HEAD DEFAULT VPN), "192.168.213");
    ck_assert_str_eq(native_net_choose(HEAD HOST_IN_IT), "192.168.213");
    ck_assert_ptr_null(native_net_choose(HEAD VPN ALL_OF_192_AND_172));
}
END_TEST

START_TEST(the_servers_of_resolv_conf_are_replaced_and_the_domains_stay)
{
    struct native_net n = {.prefix = "10.0.2"};
    struct buf b = BUF_INIT;
    native_net_resolv_conf(&n, "", &b);
    ck_assert_strs(buf_str(&b), STR("nameserver 10.0.2.3\n"));
    buf_clear(&b);
    native_net_resolv_conf(&n, "# x\nnameserver 127.0.0.53\nsearch a b\noptions edns0", &b);
    ck_assert_strs(buf_str(&b), STR("nameserver 10.0.2.3\nsearch a b\noptions edns0\n"));
    buf_free(&b);
}
END_TEST

UNIT_MAIN("native_net", a_private_network_is_where_the_host_has_no_route,
          the_servers_of_resolv_conf_are_replaced_and_the_domains_stay)
