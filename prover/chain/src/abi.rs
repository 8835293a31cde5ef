//! What is used of the contracts' interfaces. `tests/tests/chain_abi.rs` holds it against the
//! compiled contracts.

use alloy_sol_types::sol;

sol! {
    #![sol(all_derives)]

    contract MarginVault {
        struct Terms {
            address token;
            address beneficiary;
            address refund;
            uint256 nullifier;
            address verifier;
            uint256 policy;
            address oracle;
            address registry;
            address venue;
            uint32 maxBookAge;
            uint16 ratio;
            uint32 window;
            uint32 patience;
            uint32 cooldown;
            bytes32 salt;
        }

        enum Status { Unknown, Active, Called, Closed }
        enum Action { Withdraw, Answer, Close }

        struct Agreement {
            Terms terms;
            Status status;
            uint8 decimals;
            uint64 nonce;
            uint64 calledAt;
            uint64 nextCallAt;
            uint256 collateral;
        }

        event Opened(
            bytes32 indexed id, address indexed beneficiary, uint256 indexed nullifier, Terms terms
        );
        event Deposited(
            bytes32 indexed id, address indexed from, uint256 credited, uint256 collateral
        );
        event ProofAccepted(
            bytes32 indexed id,
            uint64 indexed nonce,
            Action action,
            uint256 market,
            uint256 book,
            uint256 buffer,
            uint256 message
        );
        event Withdrawn(
            bytes32 indexed id, address indexed to, uint256 amount, uint256 collateral
        );
        event MarginCalled(bytes32 indexed id, uint64 calledAt, uint64 windowEnd);
        event Answered(bytes32 indexed id, uint64 marketTime, uint64 nextCallAt);
        event Seized(bytes32 indexed id, address indexed beneficiary, uint256 amount);

        error AgreementExists(bytes32 id);
        error AgreementUnknown(bytes32 id);
        error AgreementClosed(bytes32 id);
        error CallIsOpen(bytes32 id, uint64 calledAt);
        error NoCall(bytes32 id);
        error NotBeneficiary(address caller, address beneficiary);
        error BadTerm(string term, uint256 value);
        error PolicyMismatch(uint256 agreed, uint256 verifier);
        error NoBook(address registry, address venue);
        error ZeroAmount();
        error NothingArrived(uint256 amount);
        error AmountTooLarge(uint256 amount, uint256 collateral);
        error NothingAtStake(bytes32 id);
        error BufferTooSmall(uint256 buffer, uint256 required);
        error BufferOutOfRange(uint256 buffer, uint256 end);
        error DeadlinePassed(uint64 blockTime, uint64 deadline);
        error CallTooSoon(uint64 blockTime, uint64 earliest);
        error MarketBeforeCall(uint64 marketTime, uint64 calledAt);
        error WindowLapsed(uint64 blockTime, uint64 windowEnd);
        error WindowNotLapsed(uint64 blockTime, uint64 windowEnd);
        error BookTooOld(uint64 age, uint64 maxBookAge);
        error ProofRefused(bytes32 id, uint256 message);

        function open(Terms calldata terms) external returns (bytes32 id);
        function deposit(bytes32 id, uint256 amount) external returns (uint256 credited);
        function withdraw(
            bytes32 id, uint256 amount, uint256 buffer, uint64 deadline, bytes calldata proof
        ) external;
        function marginCall(bytes32 id) external;
        function answer(bytes32 id, uint256 buffer, uint64 deadline, bytes calldata proof) external;
        function seize(bytes32 id) external;
        function close(bytes32 id, uint256 buffer, uint64 deadline, bytes calldata proof) external;
        function windowEnd(bytes32 id) external view returns (uint64);
        function requiredBuffer(bytes32 id, uint256 amount) external view returns (uint256);
        function agreement(bytes32 id) external view returns (Agreement memory);
        function idOf(Terms calldata terms) external pure returns (bytes32);
        function scope() external view returns (uint256);
        function messageFor(
            address caller,
            bytes32 id,
            Action action,
            uint256 amount,
            uint64 nonce,
            uint64 deadline
        ) external view returns (uint256);
    }

    contract MarketOracle {
        struct Market {
            uint256 digest;
            uint64 time;
            uint64 recordedAt;
            uint64 aliveSince;
        }

        struct Timing {
            uint64 maxAge;
            uint64 spacing;
            uint64 slack;
            uint64 rotationDelay;
            uint64 proposalTerm;
        }

        event MarketRecorded(uint64 indexed time, uint256 indexed digest, address relayer);

        error NoMarket();
        error DigestOutOfRange(uint256 digest);
        error MarketInFuture(uint64 time, uint64 blockTime);
        error MarketNotNewer(uint64 time, uint64 latest);
        error MarketRepeated(uint256 digest, uint64 recordedTime);
        error MarketTooOld(uint64 age, uint64 limit);
        error MarketTooSoon(uint64 blockTime, uint64 earliest);
        error TooFewSignatures(uint256 given, uint256 threshold);
        error UnknownSigner(address signer);
        error SignersNotSorted(address previous, address signer);

        constructor(
            address owner_,
            address[] memory signers_,
            uint256 threshold_,
            Timing memory timing_
        );

        function submit(uint64 time, uint256 digest, bytes[] calldata signatures) external;
        function peek() external view returns (Market memory);
        function hashOf(uint64 time, uint256 digest) external view returns (bytes32);
    }

    contract SolvencyRegistry {
        struct Totals {
            uint64 accounts;
            uint64 failing;
            // 1e-16 USD.
            uint128 equity;
            // 1e-16 USD.
            uint128 shortfall;
            // 1e-20 USD.
            uint128 deficit;
        }

        struct AssetTotal {
            uint96 id;
            // 1e-8 units.
            uint128 long;
            // 1e-8 units.
            uint128 short;
        }

        struct Publication {
            uint256 root;
            uint256 market;
            uint256 policy;
            bytes32 digest;
            address oracle;
            uint16 ratio;
            Totals totals;
        }

        struct Epoch {
            Publication publication;
            bytes32 assets;
            uint64 time;
            uint64 marketTime;
        }

        event EpochPublished(
            address indexed venue, uint64 indexed number, Epoch epoch, AssetTotal[] assets
        );

        error EpochOutOfOrder(uint64 given, uint256 expected);
        error NoEpoch(address venue, uint64 number);
        error MarketUnknown(address oracle, uint256 digest);

        function publish(
            uint64 number, Publication calldata publication, AssetTotal[] calldata assets
        ) external;
        function count(address venue) external view returns (uint64);
        function epoch(address venue, uint64 number) external view returns (Epoch memory);
        function head(address venue)
            external
            view
            returns (uint64 number, uint256 root, uint64 time);
    }

    contract MarginVerifier {
        function verify(bytes calldata proof, uint256[8] calldata statement)
            external
            view
            returns (bool);
        function policy() external view returns (uint256);
        function keyDigest() external view returns (bytes32);
    }

    contract TestToken {
        error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
        error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);

        constructor(uint8 decimals_);

        function mint(address to, uint256 amount) external;
        function approve(address spender, uint256 value) external returns (bool);
        function balanceOf(address account) external view returns (uint256);
    }
}
