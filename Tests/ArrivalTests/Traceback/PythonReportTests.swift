import Arrival
import Testing

/// Random reports, with chains, groups, limits and widths, against what Python prints for the same.
///
/// Each seed makes one report. A program in Python 3.11 that draws the same numbers made the same
/// `TracebackException`, and the table holds the FNV-1a hash of what its `format` gave.
@Suite struct PythonReportTests {
  @Test func `Random reports read as in Python`() {
    for (seed, expected) in hashesOfPython.enumerated() {
      let text = RandomReport.text(seed: UInt64(seed))
      #expect(text.fnv1a == expected, "seed \(seed):\n\(text)")
    }
  }
}

extension String {
  fileprivate var fnv1a: UInt64 {
    utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}

private struct RandomReport {
  static let messages = ["bad", "", "two\nlines", "ends\n", "a: b", "é …"]
  static let frames = [
    ("d", "x.swift", 12), ("e", "x.swift", 12), ("d", "x.swift", 13), ("d", "lib/y.swift", 13),
  ].map { Traceback.Frame(function: $0.0, file: $0.1, line: $0.2) }
  static let limits = [nil, 0, 1, 2, -1, -2, 5, -5]

  /// SplitMix64.
  private var state: UInt64

  static func text(seed: UInt64) -> String {
    var random = RandomReport(state: seed)
    let limit = limits[random.below(limits.count)]
    var options = Traceback.FormatOptions.default
    options.maxGroupWidth = [15, 1, 2, 0, 3][random.below(5)]
    options.maxGroupDepth = [10, 1, 0, 2][random.below(4)]
    options.includesCauses = random.below(5) != 0
    return random.report(depth: 4).format(limit: limit, options: options)
  }

  private mutating func below(_ count: Int) -> Int {
    state &+= 0x9e37_79b9_7f4a_7c15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
    return Int((bits ^ (bits >> 31)) % UInt64(count))
  }

  private mutating func report(depth: Int) -> ErrorReport {
    let isGroup = depth > 0 && below(3) == 0
    let message = Self.messages[below(6)]
    var frames: [Traceback.Frame] = []
    for _ in 0..<below(4) {
      let frame = Self.frames[below(4)]
      frames += Array(repeating: frame, count: 1 + below(7))
    }
    let notes = below(4) == 0 ? Array(["noted", "two\nnotes"].prefix(below(3))) : []
    let cause = depth > 0 && below(4) == 0 ? report(depth: depth - 1) : nil
    let context = depth > 0 && below(4) == 0 ? report(depth: depth - 1) : nil
    let error: any Error = isGroup ? Several(message, members(depth: depth)) : Failed(message)
    var report = ErrorReport(error, Traceback(frames: frames), cause: cause, context: context)
    report.notes = notes
    return report
  }

  private mutating func members(depth: Int) -> [ErrorReport] {
    if below(4) == 0 { return (0..<14 + below(5)).map { _ in report(depth: 0) } }
    return (0..<1 + below(3)).map { _ in report(depth: depth - 1) }
  }
}

private let hashesOfPython: [UInt64] = [
  0xbad0_2dfe_0308_6994, 0x118d_d671_9c48_2758, 0xcc77_917c_79e3_af01, 0x2314_0d3f_1276_093b,
  0xa364_faa4_9b1b_86de, 0xa3de_8f65_5d7a_c6f8, 0xc3fa_ef95_2a7b_8fd1, 0x0965_adf4_58af_a2b6,
  0x58d2_fe5e_43f1_ae11, 0xd516_4598_5aad_29d3, 0xea3f_c144_51d2_7012, 0xa2dd_0bde_e562_4cf1,
  0x6c9b_e66e_82e1_3cb4, 0x1bb7_a3ee_07c5_d98b, 0x443a_015e_432b_8203, 0xf6f8_89e9_5795_fdbd,
  0x0dc5_3da8_fe47_0075, 0x16d0_3289_a0aa_b0a4, 0x8338_9544_6c5c_4a54, 0x5ef3_23d5_ac60_46cd,
  0xe998_8520_36ee_0eec, 0x9269_a9cb_f7b9_1ba0, 0x4f51_17fb_d351_50d2, 0xae74_f68a_1c85_eccb,
  0x2700_bd72_7913_cf72, 0xceb2_69f4_8f22_ebbb, 0xc088_c6ee_7d85_c4ef, 0xa2dd_0bde_e562_4cf1,
  0x98db_f52d_650b_0012, 0xdc90_3182_5de8_bbce, 0xac19_65cd_c6dc_6ce3, 0x2a74_6ac8_2526_2488,
  0xd10e_2a4c_edd8_a1f6, 0xb333_29e5_03fc_e368, 0xc86e_0006_58f4_3165, 0x5bc4_c52e_fe89_05e5,
  0x39e6_e1fc_afbc_0aa5, 0xa2dd_0bde_e562_4cf1, 0x001d_7f01_27be_6e25, 0x8d81_d662_8aa4_3106,
  0x661f_74f6_20f4_318b, 0x6aa8_381f_d933_4755, 0xbad0_2dfe_0308_6994, 0xe411_2498_fb9d_61fd,
  0x128f_782e_0b6f_4f26, 0xa397_a116_06ab_3f73, 0xc770_925b_fab5_4b31, 0xd072_9f68_f999_ab31,
  0xbc78_0990_2c81_1dc4, 0x7e42_ead6_32ea_f160, 0x67bc_476b_c1a0_dd85, 0x432c_f66e_9cc0_c054,
  0x3013_dafe_1f30_1043, 0xc589_c00a_ea8c_2d63, 0xac14_2ddf_89c1_618c, 0x027d_452a_a2fc_01c8,
  0x6637_c573_5038_1167, 0xbb91_c5a3_f760_1a61, 0x6917_8cbb_869e_6fdf, 0x2cc9_3c9e_1f54_edd8,
  0x0e02_3afc_ca2a_100d, 0xd516_4598_5aad_29d3, 0x54fe_8deb_eb3d_9555, 0x2276_b08c_759a_4e24,
  0xaf1e_dbdf_197e_065b, 0xc73b_64b3_7fc0_acf6, 0xae74_f68a_1c85_eccb, 0x3013_dafe_1f30_1043,
  0xa165_8be0_538d_62d1, 0x8d1d_3049_a72f_765d, 0xc770_925b_fab5_4b31, 0xd516_4598_5aad_29d3,
  0x8d81_d662_8aa4_3106, 0x8975_2c42_b5c8_29ef, 0x01ec_2ed1_d5b2_30b1, 0x0da6_7424_91cc_44bf,
  0x6ca4_c4ab_0e2c_c28d, 0x3d3d_6c68_6efa_b6e6, 0x03ab_4b78_5949_d23d, 0x8aa6_2bf6_6f12_ac0c,
  0x0a31_bd0c_ecdf_87be, 0xa017_e900_8fc1_e344, 0xe998_8520_36ee_0eec, 0x023f_bb41_1b32_9445,
  0x4c20_4b3d_6151_6dec, 0xbad0_2dfe_0308_6994, 0xa570_eefe_8e66_9e14, 0xd516_4598_5aad_29d3,
  0x2a4a_2f10_eafe_fd50, 0x53ac_1b97_abe2_64b7, 0x9b88_0bed_cc20_409c, 0xc4ca_f5fc_4601_5a09,
  0xf641_e50a_f9b5_18fd, 0x2d11_0122_145e_3a89, 0x35e5_05aa_7cfd_47a6, 0x28ef_9247_de1e_da77,
  0x6116_0b4f_837d_4aae, 0xf882_174c_acf4_dcb9, 0x02fd_2311_0de3_27bf, 0xc6a7_7cc7_2d19_1b5d,
  0x9eaa_5fc5_44b7_75a2, 0x471e_4043_c540_e7e2, 0xde65_aef6_350a_bb36, 0xc10d_5ca3_7270_6cd7,
  0x8b8e_4fb0_9ba9_c5bf, 0xf836_400a_be14_7f43, 0x7394_45ea_3c83_06c4, 0xc930_acfe_1d47_9c58,
  0xd2c7_96e9_43fa_58b3, 0x4a6d_8666_5e4e_0e9a, 0x739b_5c08_a7ba_91fd, 0x10c2_b953_b155_5470,
  0x5ce6_dc7d_19bf_214c, 0xd230_2108_82ea_7e33, 0x6116_0b4f_837d_4aae, 0xa165_8be0_538d_62d1,
  0xa2dd_0bde_e562_4cf1, 0x2a74_6ac8_2526_2488, 0x2a74_6ac8_2526_2488, 0x44aa_87a9_7a20_4b80,
  0x306a_dea0_3ece_5310, 0x5a68_10d3_cfd1_b800, 0x2f37_1d0d_1c72_5024, 0xdd8a_8ebc_16b9_2108,
  0xd516_4598_5aad_29d3, 0x7782_5d94_d8f8_a17a, 0x2fb5_9bbb_0981_d8c7, 0x05b4_4b62_3eb3_c10e,
  0xff31_d6a8_1835_a923, 0x3886_f309_527f_c83e, 0xee25_3a2e_6e20_66f0, 0xce71_c46e_a20b_ef44,
  0xee25_3a2e_6e20_66f0, 0x3701_6730_b455_7dc3, 0xfb56_b582_c6d3_4369, 0xa775_b147_5257_1f6c,
  0xa2dd_0bde_e562_4cf1, 0x27ee_26cf_1961_ec72, 0x030b_9b2c_b0f6_2bd6, 0x4c22_b075_3268_cb21,
  0x2a74_6ac8_2526_2488, 0xdb3b_ebc7_7eee_f43b, 0x711a_b601_da59_aa2a, 0xa491_ed57_ead0_86a3,
  0xfab2_35a0_62e9_6825, 0xb3e0_21dc_e375_d42e, 0x9b88_0bed_cc20_409c, 0x7bbe_ff7e_14d5_3189,
  0x5275_c515_e302_834a, 0x365e_e03e_6953_f66f, 0x758b_08d1_cd35_89c7, 0x6e88_240d_6b7f_f582,
  0x6af0_cf3e_6285_2733, 0xe978_64c3_f541_649f, 0x0b89_2e7b_1c14_9ddc, 0xea48_39f1_4e5a_9354,
  0x3147_e826_8877_5b70, 0xd4be_3784_5a74_729c, 0x6933_7594_5d81_35bc, 0x2dd9_198d_2507_7f23,
  0x5a99_28ee_686a_0f45, 0x02e5_9dcb_59f4_20b6, 0x258f_b936_f915_26fc, 0x2610_244d_00a2_5a00,
  0xf8b2_70eb_81ab_a488, 0x41f8_5e6c_7b46_758f, 0x20a0_92ad_1214_f726, 0x2de3_7c3c_8a72_bb49,
  0x9047_ae7d_3023_03e4, 0x3358_6fe8_616e_eb11, 0xe881_90f4_ce3a_3129, 0x6886_9590_f4e5_6d41,
  0xa2dd_0bde_e562_4cf1, 0x315e_d9b0_bbf0_9090, 0x2a74_6ac8_2526_2488, 0x9fc4_57ca_cbbd_85cd,
  0x5673_fb61_6c1e_02e0, 0xa318_6c9d_1cf5_3d02, 0x92d7_a36d_0b13_2689, 0xe8eb_50da_9c9f_0313,
  0x2610_244d_00a2_5a00, 0x4428_83e9_b90c_4d52, 0xd185_a56f_75b5_da4e, 0x1400_5ff9_d030_448b,
  0x0e02_3afc_ca2a_100d, 0x8aa1_983a_50b3_8284, 0xae74_f68a_1c85_eccb, 0x91b2_a7f3_52f4_69af,
  0xa501_6571_1c5a_0f10, 0x711a_b601_da59_aa2a, 0xfa46_2152_afc5_1f19, 0x7c09_2e9f_f778_fc1d,
  0x4e00_dc9d_42cd_5030, 0xea90_105e_e0db_9ea1, 0x398c_84e3_4846_8160, 0x6116_0b4f_837d_4aae,
  0xb48d_0da6_f936_782f, 0x6e0d_e537_304d_739c, 0x4a9a_d97f_3894_6ce2, 0xb551_dc3a_2ac2_2d1a,
  0x7069_0f53_bb05_ba4a, 0xb0f7_7472_0fca_d5bc, 0xda50_5ff2_8234_a86d, 0x7ef5_22a6_c911_7d86,
  0x6e7c_424f_2582_c11e, 0x6e8b_1041_6a45_db62, 0x79b5_7c99_89a0_7bb5, 0xae74_f68a_1c85_eccb,
  0xbeb4_dd03_924e_3232, 0x86d7_ab9f_96ff_0825, 0x711a_b601_da59_aa2a, 0x3d51_f772_a1e8_6995,
  0xd516_4598_5aad_29d3, 0xe4fc_7172_bfbb_44f5, 0xa3f8_6774_0415_dc45, 0x6116_0b4f_837d_4aae,
  0x2d88_cd89_3ce3_9a3c, 0xff8b_4ba9_33b8_ff4c, 0xcd28_62f1_7cca_6dac, 0xa5c5_7fd0_7e8d_5a3b,
  0x76c2_bb6a_3f27_283b, 0x6e57_2219_98f0_dd61, 0x7c09_2e9f_f778_fc1d, 0x8d81_d662_8aa4_3106,
  0x5928_1b72_573b_aba2, 0x169f_2a0b_fca1_d098, 0xd06d_1e36_164b_b377, 0xf5c8_e8c3_4183_27bd,
  0x8c6e_ff5c_20ba_b64f, 0xba95_3c88_fc8b_d77e, 0x4181_135e_c384_ecf5, 0xaeb4_ef74_7a03_3db4,
  0x6116_0b4f_837d_4aae, 0xae18_dba9_2228_d0f7, 0x78a4_094d_4d6e_3460, 0xe881_90f4_ce3a_3129,
  0x0bf9_b371_fbba_995f, 0xac42_f5d4_0c76_8ba0, 0xdfb9_67a7_4c35_05cd, 0x6116_0b4f_837d_4aae,
  0x26d9_1a9c_cd7a_fee2, 0xd014_ef52_796e_da82, 0x0e93_affe_1786_c4c8, 0xe392_60b1_bd21_ef0a,
  0x711a_b601_da59_aa2a, 0xae74_f68a_1c85_eccb, 0x4b44_20d0_c197_d40f, 0xd12f_7039_064b_485b,
  0xee29_10bf_947a_d166, 0x6e43_63f9_af17_a386, 0x9433_be71_041e_896b, 0xb739_4ad2_0792_1cbc,
  0x9155_0c02_9f84_73cb, 0xf4ad_b3f6_2247_ad9c, 0xae74_f68a_1c85_eccb, 0x4f83_bc4b_4089_d5ab,
  0xdb50_364d_58fe_d806, 0x398c_84e3_4846_8160, 0x1fac_e7ff_3297_0783, 0xea90_105e_e0db_9ea1,
  0x62f0_c8f8_79d1_16b8, 0x8d81_d662_8aa4_3106, 0x744a_3aee_9701_93c0, 0x0e93_affe_1786_c4c8,
  0xa530_925e_662c_604c, 0xf447_0581_9201_d738, 0x2a74_6ac8_2526_2488, 0x0e02_3afc_ca2a_100d,
  0x2a74_6ac8_2526_2488, 0x9c46_ba72_160b_3d5e, 0x7321_8b2b_4117_ba2c, 0x3721_6ef3_2e53_b948,
  0x8121_4d3b_c758_c12c, 0x711a_b601_da59_aa2a, 0xf0b9_94ac_b71a_6621, 0x835d_4102_d381_42dd,
  0xbe2c_bb24_2761_610b, 0xf468_6912_1144_bf29, 0x10b4_0b40_6c88_264c, 0x7c09_2e9f_f778_fc1d,
  0x45c8_c3b3_e806_a252, 0x711a_b601_da59_aa2a, 0xb734_699d_7f94_1fc2, 0x5234_51f3_d2c6_99d6,
  0x3610_523d_ee21_09a5, 0x711a_b601_da59_aa2a, 0xd516_4598_5aad_29d3, 0xbc85_a69b_1a9e_26f1,
  0x9005_0749_d44f_9ae5, 0x7e1c_fbd4_38bc_da3c, 0x9abe_8f9b_06ab_3de5, 0x3360_fc8b_251e_4320,
  0xc86e_0006_58f4_3165, 0x9b4a_4d74_b1f2_cbf9, 0xa2dd_0bde_e562_4cf1, 0x705f_343c_a5dd_ef25,
  0x13c0_5ab0_d14d_852f, 0xea01_720b_305a_0e15, 0x22a4_b6d6_86f1_16a2, 0x6116_0b4f_837d_4aae,
]
